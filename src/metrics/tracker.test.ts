import assert from 'node:assert/strict';
import test from 'node:test';
import type { RingState } from '../ringbuf/index.ts';
import { Backlog } from './backlog.ts';
import { type RingRates, RingTracker } from './tracker.ts';

const SIZE = 4096;

interface Sample extends Partial<RingState> {
  /** Milliseconds. */
  readonly at: number;
  readonly consumer?: number;
  readonly producer?: number;
  readonly busy?: boolean;
}

/** A ring's state, made up. */
function state({ at, consumer = 0, producer = 0, busy = false, ...more }: Sample): RingState {
  return {
    id: 1,
    name: 'ring',
    type: 'RINGBUF',
    size: SIZE,
    flags: 0,
    time: BigInt(at) * 1_000_000n,
    consumerPosition: BigInt(consumer),
    producerPosition: BigInt(producer),
    pendingPosition: undefined,
    overwritePosition: undefined,
    unread: producer - consumer,
    head: producer === consumer ? undefined : { state: busy ? 'busy' : 'ready', length: 8 },
    ...more,
  };
}

/** A report on one ring. */
function report(tracker: RingTracker, sample: Sample): RingRates {
  const [rates, ...others] = tracker.report([state(sample)]);
  assert.equal(others.length, 0);
  return rates!;
}

test('rates are bytes over the time between two reports; the first has none', () => {
  const tracker = new RingTracker();
  const first = report(tracker, { at: 1000, producer: 900, consumer: 500 });
  assert.deepEqual([first.inPerSecond, first.outPerSecond, first.fullInMs], [0, 0, undefined]);
  const { inPerSecond, outPerSecond } = report(tracker, { at: 1500, producer: 1900, consumer: 600 });
  assert.deepEqual([inPerSecond, outPerSecond], [2000, 200]);
  const idle = report(tracker, { at: 2500, producer: 1900, consumer: 600 });
  assert.deepEqual([idle.inPerSecond, idle.outPerSecond], [0, 0]);
});

test('two reports at one moment divide by nothing', () => {
  const tracker = new RingTracker();
  report(tracker, { at: 1000, producer: 8 });
  assert.equal(report(tracker, { at: 1000, producer: 16 }).inPerSecond, 0);
});

test('maxima and peaks are of the samples since the report before', () => {
  const tracker = new RingTracker();
  report(tracker, { at: 0 });
  tracker.sample([state({ at: 50, producer: 3000 })]);
  tracker.sample([state({ at: 100, producer: 3000, consumer: 3000 })]);
  const burst = report(tracker, { at: 1000, producer: 3000, consumer: 3000 });
  assert.deepEqual([burst.unreadMax, burst.inPeakPerSecond, burst.inPerSecond], [3000, 60_000, 3000]);
  const after = report(tracker, { at: 2000, producer: 3100, consumer: 3000 });
  assert.deepEqual([after.unreadMax, after.inPeakPerSecond], [100, 100]);
});

test('a stall begins with the first unread sample at a consumer position, and ends when it moves or nothing is left', () => {
  const tracker = new RingTracker();
  assert.equal(report(tracker, { at: 0 }).stalledMs, 0);
  assert.equal(report(tracker, { at: 1000 }).stalledMs, 0, 'an idle ring does not stall');
  tracker.sample([state({ at: 1200, producer: 8 })]);
  assert.equal(report(tracker, { at: 2000, producer: 80 }).stalledMs, 800);
  assert.equal(report(tracker, { at: 3000, producer: 80, consumer: 8 }).stalledMs, 0);
  assert.equal(report(tracker, { at: 4000, producer: 80, consumer: 8 }).stalledMs, 1000);
  assert.equal(report(tracker, { at: 5000, producer: 80, consumer: 80 }).stalledMs, 0);
});

test('a busy head has an age while the consumer waits at it', () => {
  const tracker = new RingTracker();
  assert.equal(report(tracker, { at: 0, producer: 16, busy: true }).busyMs, 0);
  assert.equal(report(tracker, { at: 500, producer: 32, busy: true }).busyMs, 500);
  assert.equal(
    report(tracker, { at: 700, producer: 32, consumer: 16, busy: true }).busyMs,
    0,
    'another head',
  );
  assert.equal(report(tracker, { at: 800, producer: 32, consumer: 16 }).busyMs, 0, 'committed');
});

test('time until full follows from growth', () => {
  const tracker = new RingTracker();
  report(tracker, { at: 0 });
  const filling = report(tracker, { at: 1000, producer: 2048, consumer: 1024 });
  assert.equal(filling.fullInMs, 3000);
  assert.equal(report(tracker, { at: 2000, producer: 2048, consumer: 1024 }).fullInMs, undefined);
});

test('the oldest unread bytes age until they are read', () => {
  const tracker = new RingTracker();
  tracker.sample([state({ at: 0, producer: 100 })]);
  tracker.sample([state({ at: 100, producer: 200 })]);
  assert.equal(report(tracker, { at: 200, producer: 300 }).oldestMs, 200);
  assert.equal(report(tracker, { at: 300, producer: 300, consumer: 100 }).oldestMs, 200, 'seen first at 100');
  assert.equal(report(tracker, { at: 300, producer: 300, consumer: 250 }).oldestMs, 100, 'seen first at 200');
  assert.equal(report(tracker, { at: 400, producer: 300, consumer: 300 }).oldestMs, 0);
});

test('however long a consumer stalls, few samples are kept, and the age is right', () => {
  const backlog = new Backlog();
  for (let at = 0; at < 10_000; at++) backlog.add(state({ at, producer: 8 * (at + 1), unread: SIZE }));
  assert.equal(backlog.oldest, 0n);
  backlog.add(state({ at: 10_000, producer: 80_000, consumer: 40_000, unread: 1 }));
  const age = 10_000 - Number(backlog.oldest! / 1_000_000n);
  // 5000 is the truth; samples are dropped, so it may be somewhat less.
  assert.ok(age <= 5000 && age > 4500, `${age}`);
});

test('bytes keep rising when an id comes again, with other properties or with smaller positions', () => {
  const tracker = new RingTracker();
  report(tracker, { at: 0, producer: 1000, consumer: 600 });
  const smaller = report(tracker, { at: 1000, producer: 100, consumer: 50 });
  assert.deepEqual([smaller.producedBytes, smaller.consumedBytes, smaller.inPerSecond], [1100n, 650n, 0]);
  const renamed = report(tracker, { at: 2000, producer: 200, consumer: 60, name: 'other' });
  assert.deepEqual([renamed.producedBytes, renamed.consumedBytes, renamed.inPerSecond], [1300n, 710n, 0]);
  assert.deepEqual(tracker.report([]), []);
  const back = report(tracker, { at: 4000, producer: 10, consumer: 0, name: 'third' });
  assert.deepEqual([back.producedBytes, back.consumedBytes], [1310n, 710n]);
});

test('a stall does not carry over to a new ring of the same id', () => {
  const tracker = new RingTracker();
  report(tracker, { at: 0, producer: 1000 });
  assert.equal(report(tracker, { at: 5000, producer: 1000 }).stalledMs, 5000);
  assert.equal(report(tracker, { at: 6000, producer: 500 }).stalledMs, 0);
});

test('of rings that are gone only so many are remembered', () => {
  const tracker = new RingTracker();
  for (let id = 1; id <= 1100; id++) tracker.sample([state({ at: id, id, producer: 8 })]);
  tracker.sample([]);
  assert.equal(tracker.report([state({ at: 2000, id: 1 })])[0]!.producedBytes, 0n, 'forgotten');
  assert.equal(tracker.report([state({ at: 2001, id: 1100 })])[0]!.producedBytes, 8n, 'remembered');
});

test('reports come in the order of the states', () => {
  const tracker = new RingTracker();
  tracker.report([state({ at: 0, id: 2 }), state({ at: 0, id: 1 })]);
  const [second, first] = tracker.report([
    state({ at: 1000, id: 2, producer: 20 }),
    state({ at: 1000, id: 1, producer: 10 }),
  ]);
  assert.deepEqual([second!.inPerSecond, first!.inPerSecond], [20, 10]);
});
