import assert from 'node:assert/strict';
import test from 'node:test';
import type { RingReport, RingsReport } from '../../metrics/index.ts';
import { type FrameInput, frameLines, sparkline } from './frame.ts';
import { keysOf, pressKey, type TopState, visibleRings } from './state.ts';

const SIZE = 65_536;

function ring(id: number, more: Partial<RingReport> = {}): RingReport {
  return {
    id,
    name: `ring${id}`,
    type: 'RINGBUF',
    size: SIZE,
    flags: 0,
    time: 0n,
    consumerPosition: 0n,
    producerPosition: 0n,
    pendingPosition: undefined,
    overwritePosition: undefined,
    unread: 0,
    head: undefined,
    processes: [{ pid: 100 + id, comm: 'agent' }],
    programs: [],
    pins: [],
    inPerSecond: id,
    outPerSecond: 0,
    inPeakPerSecond: id,
    unreadMax: 0,
    stalledMs: 0,
    busyMs: 0,
    oldestMs: 0,
    fullInMs: undefined,
    producedBytes: 0n,
    consumedBytes: 0n,
    drops: undefined,
    dropsPerSecond: undefined,
    reader: undefined,
    ...more,
  };
}

const START: TopState = {
  sort: 'in',
  filter: '',
  isEditing: false,
  isPaused: false,
  selected: undefined,
  isDetail: false,
};

/** The state after some keys; undefined where one of them ended the program. */
function press(rings: readonly RingReport[], keys: string): TopState | undefined {
  let state: TopState | undefined = START;
  for (const key of keysOf(keys)) {
    state = state === undefined ? undefined : pressKey(state, key, visibleRings(state, rings));
  }
  return state;
}

function reportOf(rings: readonly RingReport[], more: Partial<RingsReport> = {}): RingsReport {
  return {
    time: new Date(0),
    elapsedMs: 1000,
    sampleMs: 100,
    method: 'iterator',
    methodReason: undefined,
    drops: { state: 'off' },
    rings,
    ...more,
  };
}

function frame(rings: readonly RingReport[], more: Partial<FrameInput> = {}): string[] {
  const history = { in: [], unread: [] };
  return frameLines({
    report: reportOf(rings),
    state: START,
    history,
    width: 80,
    height: 24,
    paint: (_, text) => text,
    ...more,
  });
}

test('input is split into keys, sequences of arrows whole', () => {
  assert.deepEqual(keysOf('q\x1b[A\x1bOBü\x1b'), ['q', '\x1b[A', '\x1bOB', 'ü', '\x1b']);
});

test('keys order, mark, open, pause and end', () => {
  const rings = [ring(1), ring(2), ring(3)];
  assert.equal(press(rings, 'q'), undefined);
  assert.equal(press(rings, '\x03'), undefined);
  assert.equal(press(rings, 'n')?.sort, 'name');
  assert.equal(press(rings, '\x1b[C')?.sort, 'out');
  assert.equal(press(rings, 'n\x1b[D')?.sort, 'id');
  assert.equal(press(rings, ' ')?.isPaused, true);
  // By bytes in each second: 3, 2, 1.
  assert.equal(press(rings, '\x1b[B')?.selected, 3);
  assert.equal(press(rings, 'jjjj')?.selected, 1);
  assert.deepEqual([press(rings, 'jj\r')?.selected, press(rings, 'jj\r')?.isDetail], [2, true]);
  assert.equal(press(rings, '\rq')?.isDetail, false);
  assert.deepEqual(press([], '\rj'), START);
});

test('the filter takes every key until enter; escape takes it away', () => {
  const rings = [ring(1), ring(2)];
  assert.deepEqual(press(rings, '/qx\x7f\r'), { ...START, filter: 'q' });
  assert.deepEqual(press(rings, '/2\x1b'), START);
  assert.deepEqual(
    visibleRings({ ...START, filter: 'RING2' }, rings).map(({ id }) => id),
    [2],
  );
  assert.deepEqual(
    visibleRings({ ...START, filter: 'agent/101' }, rings).map(({ id }) => id),
    [1],
  );
});

test('a frame is as high as the screen, and no wider, whatever is in it', () => {
  const hostile = '\x1b[2J\x1b]0;x\x07'.repeat(9);
  const rings = Array.from({ length: 50 }, (_, i) =>
    ring(2_000_000_000 + i, {
      name: hostile,
      unread: SIZE,
      stalledMs: 1e9,
      processes: [{ pid: 1, comm: hostile }],
    }),
  );
  const selected = 2_000_000_049;
  for (const [width, height] of [
    [80, 24],
    [200, 60],
    [120, 10],
  ] as const) {
    for (const isDetail of [false, true]) {
      const lines = frame(rings, { width, height, state: { ...START, selected, isDetail } });
      assert.equal(lines.length, height);
      for (const line of lines) {
        assert.ok(line.length <= Math.max(width, 100), line);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none.
        assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
      }
    }
  }
});

test('a marked ring below the edge is scrolled to, and ids are never cut', () => {
  const rings = Array.from({ length: 50 }, (_, i) => ring(1_000_000 + i));
  const lines = frame(rings, { state: { ...START, sort: 'id', selected: 1_000_000 } });
  assert.match(lines.at(-2)!, /^>1000000 ring/);
});

test('drops that are off, counted, and not observable are three things, of which none is 0 unless it was counted', () => {
  const state: TopState = { ...START, selected: 1, isDetail: true };
  for (const [drops, more, cell, detail] of [
    [{ state: 'off' }, {}, 'off', /drops +not counted \(--drops\)/],
    [{ state: 'counted' }, { drops: 0n }, '0', /drops +0$/m],
    [
      { state: 'counted' },
      { type: 'USER_RINGBUF' },
      '-',
      /drops +not counted: it is not filled by the kernel/,
    ],
    [{ state: 'not observable', reason: 'EPERM\x1b' }, {}, 'n/obs', /drops +not observable: EPERM\\x1b/],
  ] as const) {
    const report = reportOf([ring(1, more)], { drops });
    assert.equal(frame([], { report })[2]!.split(' ').at(-1), cell);
    assert.match(frame([], { report, state }).join('\n'), detail);
    const note = frame([], { report }).at(-2)!;
    assert.equal(note, drops.state === 'not observable' ? 'drops are not observable: EPERM\\x1b' : '');
  }
});

test('an empty table says why, and the last line what keys there are', () => {
  const keys = (state: TopState): string => frame([ring(1)], { state }).at(-1)!;
  assert.match(frame([])[2]!, /^ no rings on this machine$/);
  assert.match(frame([ring(1)], { state: { ...START, filter: 'x' } })[2]!, /^ no ring fits the filter$/);
  assert.match(keys(START), /enter ring .* q quit$/);
  assert.match(keys({ ...START, selected: 1, isDetail: true }), /^q or esc back/);
});

test('what counting drops costs stands in the head, once it was measured', () => {
  const head = (costNs?: number): string =>
    frame([], { report: reportOf([], { drops: { state: 'counted', costNs } }) })[0]!;
  assert.match(head(), / drops counted$/);
  assert.match(head(142), / drops cost 142 ns$/);
});

test('why rings are looked at one by one stands above the keys', () => {
  const report = reportOf([ring(1)], { method: 'ids', methodReason: 'no BTF' });
  const lines = frame([], { report });
  assert.equal(lines.length, 24);
  assert.equal(lines.at(-2), 'rings are looked at one by one, by their ids: no BTF');
});

test('wide screens show a gauge, and history is drawn as bars', () => {
  assert.match(frame([ring(1, { unread: SIZE / 2 })], { width: 110 })[2]!, /██████······ +50%/);
  assert.equal(sparkline([9, 0, 4, 8], 3), '▁▅█');
  assert.equal(sparkline([0, 0], 5), '▁▁');
});
