import assert from 'node:assert/strict';
import { createDecoder } from '../../src/btf/index.ts';
import { ArgumentError, BusyError, ClosedError, RecordError } from '../../src/errors/index.ts';
import { BpfMap, type HasFd, openInnerRings } from '../../src/kernel/index.ts';
import { type MergedRings, type MergeOptions, RingBufferGroup } from '../../src/ringbuf/index.ts';
import { onlineCpus } from '../../src/sys/index.ts';
import { Child } from './support/child.ts';
import { onCpu } from './support/cpu.ts';
import { needs } from './support/needs.ts';
import { PerCpuRings, type Stamped, stampedType } from './support/per-cpu-rings.ts';
import { PerfProducer } from './support/perf-producer.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, costBetween, costOf, delay, untilIdle } from './support/proc.ts';
import { PAGE, Producer, range, takeAll } from './support/producer.ts';
import type { Sample } from './support/programs.ts';

interface Fixture {
  readonly producers: readonly Producer[];
  readonly merge: MergedRings<Sample>;
  /** Sequence numbers of what poll() delivers until it has so many. */
  take(count: number): Promise<number[]>;
  close(): Promise<void>;
}

/** Rings whose samples have their time in `sequence`. */
async function merging(
  options: Partial<MergeOptions<Sample>> = {},
  { count = 2, size = PAGE }: { count?: number; size?: number } = {},
): Promise<Fixture> {
  const producers = await Promise.all(range(0, count).map(() => Producer.create(size)));
  const group = new RingBufferGroup<Sample>();
  for (const { ring } of producers) group.add(ring);
  const merge = group.merged({ timestamp: 'sequence', windowMs: 20, ...options });
  return {
    producers,
    merge,
    take: async (wanted) => {
      const taken: number[] = [];
      while (taken.length < wanted) await merge.poll(({ sequence }) => void taken.push(sequence));
      return taken;
    },
    close: async () => {
      merge.close();
      for (const producer of producers) await producer.close();
    },
  };
}

test('events of several rings come in the order of their time, whichever ring was read first', async () => {
  const { producers, merge, take, close } = await merging({ windowMs: 0 }, { count: 3 });
  for (const [i, producer] of producers.entries()) for (const n of range(0, 50)) producer.send(3 * n + 2 - i);
  assert.deepEqual(await take(150), range(0, 150));
  assert.deepEqual(merge.stats(), { delivered: 150, late: 0, hurried: 0, held: 0 });
  // A loop says the same.
  for (const [i, producer] of producers.entries()) for (const n of range(100, 150)) producer.send(3 * n + i);
  const seen: number[] = [];
  for await (const { sequence } of merge) if (seen.push(sequence) === 150) break;
  assert.deepEqual(seen, range(300, 450));
  await close();
});

/** Long beside what a busy machine takes for the rest. */
const WINDOW_MS = 500;

test('what comes within the window is put in order; what comes later is handed out at once and counted', async () => {
  const { producers, merge, take, close } = await merging({ windowMs: WINDOW_MS });
  const [a, b] = producers as [Producer, Producer];
  a.send(10);
  const waiting = take(2);
  await delay(30);
  b.send(5);
  assert.deepEqual(await waiting, [5, 10]);
  assert.equal(merge.stats().late, 0);
  a.send(20);
  assert.deepEqual(await take(1), [20]);
  const before = performance.now();
  b.send(15);
  assert.deepEqual(await take(1), [15]);
  assert.ok(performance.now() - before < WINDOW_MS, 'too late already: it is not held');
  assert.equal(merge.stats().late, 1);
  // The order goes on from the latest.
  b.send(18);
  a.send(21);
  assert.deepEqual(await take(2), [18, 21]);
  assert.deepEqual(merge.stats(), { delivered: 6, late: 2, hurried: 0, held: 0 });
  await close();
});

test('an event waits for the window, not longer', async () => {
  const { producers, take, close } = await merging({ windowMs: WINDOW_MS });
  const before = performance.now();
  producers[0]!.send(1);
  await take(1);
  const took = performance.now() - before;
  assert.ok(took >= WINDOW_MS && took < 10 * WINDOW_MS, `${took} ms`);
  await close();
});

test('with maxHeld events held, the earliest goes out before its time', async () => {
  const { producers, merge, close } = await merging({ windowMs: 10_000, maxHeld: 8 });
  for (const n of range(0, 20)) producers[n % 2]!.send(n);
  const seen: number[] = [];
  while (seen.length < 13) await merge.poll(({ sequence }) => void seen.push(sequence));
  assert.deepEqual(seen, range(0, 13));
  assert.equal(await merge.poll(() => {}, { timeoutMs: 20 }), 0);
  assert.deepEqual(merge.stats(), { delivered: 13, late: 0, hurried: 13, held: 7 });
  await close();
});

test('a ring that is half full is emptied before its time, so that nothing is dropped', async () => {
  const { producers, merge, close } = await merging({ windowMs: 60_000 });
  const [a] = producers as [Producer];
  // Room for 256 records in a ring of one page.
  const seen: number[] = [];
  for (const n of range(0, 1000)) {
    assert.equal(a.send(n), 0, `record ${n} found no room`);
    if (n % 100 !== 99) continue;
    // Until all are read and no more are due.
    for (let more = true; more; ) {
      const count = await merge.poll(({ sequence }) => void seen.push(sequence), { timeoutMs: 1 });
      more = count > 0 || seen.length + merge.stats().held <= n;
    }
  }
  assert.deepEqual(seen, range(0, seen.length));
  const { held, hurried } = merge.stats();
  assert.ok(hurried === seen.length && held > 64, `${held} held`);
  await close();
});

test('what was not handed out stays in the rings for the next reader', async () => {
  const { producers, merge, close } = await merging({ windowMs: 0 });
  const [a, b] = producers as [Producer, Producer];
  for (const n of range(0, 10)) producers[n % 2]!.send(n);
  const failing = async (): Promise<void> => {
    for await (const { sequence } of merge) if (sequence === 3) throw new Error('stop');
  };
  await assert.rejects(failing(), /stop/);
  // The merge holds on to the rings.
  assert.throws(() => a.ring.consume(() => {}), BusyError);
  for await (const { sequence } of merge) {
    assert.equal(sequence, 3);
    break;
  }
  merge.close();
  merge.close();
  assert.deepEqual(
    [takeAll(a.ring), takeAll(b.ring)],
    [
      [4, 6, 8],
      [3, 5, 7, 9],
    ],
  );
  await assert.rejects(
    merge.poll(() => {}),
    ClosedError,
  );
  await close();
});

test('rings are given back in their own order, though their events are not in the order of time', async () => {
  const { producers, merge, close } = await merging({ windowMs: 0 });
  const [a] = producers as [Producer];
  for (const n of [5, 1, 3]) a.send(n);
  const loop = merge.events();
  assert.equal((await loop.next()).value.sequence, 1);
  assert.equal((await loop.next()).value.sequence, 3);
  // 1 is done, but 5 lies before it.
  assert.equal(a.ring.stats().available, 48);
  assert.equal((await loop.next()).value.sequence, 5);
  assert.equal(a.ring.stats().available, 48);
  const end = loop.next();
  await delay(10);
  assert.equal(a.ring.stats().available, 0);
  await loop.return!();
  assert.equal((await end).done, true);
  await close();
});

test('a handler that throws consumes its event, false stops, and the rest comes next', async () => {
  const { producers, merge, take, close } = await merging({ windowMs: 0 });
  for (const n of range(0, 6)) producers[n % 2]!.send(n);
  const failing = merge.poll(() => {
    throw new Error('mine');
  });
  await assert.rejects(failing, /mine/);
  assert.equal(await merge.poll(() => false), 1);
  assert.deepEqual(await take(4), [2, 3, 4, 5]);
  await close();
});

test('a record that cannot be read is an error, is consumed, and takes no other with it', async () => {
  const { producers, merge, take, close } = await merging({ windowMs: 0 });
  const [a, b] = producers as [Producer, Producer];
  a.send(1);
  a.sendBytes(4);
  a.send(3);
  b.send(2);
  await assert.rejects(
    merge.poll(() => {}),
    RecordError,
  );
  assert.deepEqual(await take(3), [1, 2, 3]);
  assert.equal(a.ring.stats().available, 0);
  await close();
});

test('discarded records are given back too', async () => {
  const { producers, merge, take, close } = await merging({ windowMs: 0 });
  const [a, b] = producers as [Producer, Producer];
  a.send(1);
  a.send(0, { discard: true });
  b.send(0, { discard: true });
  assert.deepEqual(await take(1), [1]);
  assert.equal(await merge.poll(() => {}, { timeoutMs: 20 }), 0);
  for (const { ring } of [a, b]) assert.deepEqual([ring.stats().available, ring.stats().discarded], [0, 1]);
  await close();
});

test('time-out, abort, and the closing of the merge or of a ring', async () => {
  const { producers, merge, close } = await merging({ windowMs: 50 });
  assert.equal(await merge.poll(() => {}, { timeoutMs: 10 }), 0);
  await assert.rejects(
    merge.poll(() => {}, { timeoutMs: -1 }),
    ArgumentError,
  );
  for (const held of [false, true]) {
    if (held) producers[0]!.send(1);
    const aborted = merge.poll(() => {}, { signal: AbortSignal.timeout(10) });
    await assert.rejects(aborted, { name: 'AbortError' });
  }
  assert.equal(merge.stats().held, 1);
  const second = merge.poll(() => {});
  await assert.rejects(merge.events().next(), BusyError);
  assert.equal(await second, 1);
  const loop = (async (): Promise<number> => {
    let count = 0;
    for await (const _ of merge) count++;
    return count;
  })();
  setTimeout(() => producers[1]!.ring.close(), 10);
  assert.equal(await loop, 0);
  await assert.rejects(
    merge.poll(() => {}),
    ClosedError,
  );
  await close();
  const other = await merging();
  const waiting = other.merge.poll(() => {});
  setTimeout(() => other.merge.close(), 10);
  assert.equal(await waiting, 0);
  await other.close();
});

test('time may be a function, in bigint too; an event without one is an error', async () => {
  const backwards = await merging({ timestamp: ({ sequence }) => -BigInt(sequence), windowMs: 0 });
  for (const n of range(0, 6)) backwards.producers[n % 2]!.send(n);
  assert.deepEqual(await backwards.take(6), [5, 4, 3, 2, 1, 0]);
  await backwards.close();
  for (const timestamp of ['time' as never, () => Number.NaN]) {
    const wrong = await merging({ timestamp });
    wrong.producers[0]!.send(1);
    await assert.rejects(
      wrong.merge.poll(() => {}),
      (error) => error instanceof ArgumentError && /"time"|NaN/.test(error.message),
    );
    await wrong.close();
  }
});

test('what cannot be merged is refused, and claims nothing', async () => {
  const producer = await Producer.create();
  const perf = await PerfProducer.create();
  const buffer = perf.open();
  const options = { timestamp: () => 0, windowMs: 1 };
  const refuse = (group: RingBufferGroup, more: Partial<MergeOptions<unknown>> = {}): void =>
    assert.throws(() => group.merged({ ...options, ...more }), ArgumentError);
  refuse(new RingBufferGroup());
  refuse(new RingBufferGroup().add(producer.ring.cursor));
  refuse(new RingBufferGroup().add(producer.ring).add(buffer));
  const group = new RingBufferGroup().add(producer.ring);
  refuse(group, { windowMs: -1 });
  refuse(group, { windowMs: Number.NaN });
  refuse(group, { maxHeld: 0 });
  // Without handlers a group is read by merging alone.
  assert.throws(() => group.consume(), ArgumentError);
  await assert.rejects(group.poll(), ArgumentError);
  assert.equal(
    producer.ring.consume(() => {}),
    0,
  );
  // A perf buffer may be in a group that is not merged.
  const seen: unknown[] = [];
  const both = new RingBufferGroup()
    .add(producer.ring, (e) => void seen.push(e))
    .add(buffer, (e) => void seen.push(e));
  producer.send(1);
  perf.send(2);
  assert.equal(both.consume(), 2);
  const waiting = both.poll();
  setTimeout(() => perf.send(3), 10);
  assert.equal(await waiting, 1);
  assert.equal(seen.length, 3);
  buffer.close();
  await perf.close();
  await producer.close();
});

test('one ring for each CPU, in an array of maps, is read as one stream', async () => {
  const rings = await PerCpuRings.create(1 << 20);
  const { btf, id } = stampedType();
  const opened = openInnerRings<Stamped>(rings.outer, { decoder: createDecoder<Stamped>(btf, id) });
  const cpus = onlineCpus();
  assert.ok(cpus.length > 1, 'this test needs two CPUs');
  assert.equal(opened.length, [...rings.outer.keys()].length);
  assert.throws(() => openInnerRings(rings.outer), BusyError);
  const group = new RingBufferGroup<Stamped>();
  for (const ring of opened) group.add(ring);
  const merge = group.merged({ timestamp: 'time', windowMs: 5 });
  const turns = 20;
  for (const n of range(0, turns)) onCpu(cpus[n % cpus.length]!, () => rings.stamp(50));
  const seen: Stamped[] = [];
  while (seen.length < turns * 50) await merge.poll((event) => void seen.push(event));
  // One after another, on changing CPUs: the order of time is that of the counter.
  assert.deepEqual(
    seen.map(({ sequence }) => sequence),
    range(0, turns * 50),
  );
  assert.equal(new Set(seen.map(({ cpu }) => cpu)).size, cpus.length);
  assert.equal(merge.stats().late, 0);
  merge.close();
  for (const ring of opened) ring.close();
  await rings.close();
});

test(
  'under load from all CPUs nothing is lost, nothing comes twice, and what is not late is in order',
  needs('clock'),
  async () => {
    const rings = await PerCpuRings.create(1 << 22);
    const { btf, id } = stampedType();
    const opened = openInnerRings<Stamped>(rings.outer, { decoder: createDecoder<Stamped>(btf, id) });
    const group = new RingBufferGroup<Stamped>();
    for (const ring of opened) group.add(ring);
    const merge = group.merged({ timestamp: 'time', windowMs: 20 });
    const each = 60_000;
    const program = rings.object.programs['stamp']!.info().id;
    const children = onlineCpus().map((cpu) => Child.start(stampMany, [program, each], { cpu }));
    const total = each * children.length;
    const seen = new Uint8Array(total);
    let count = 0;
    let latest = 0n;
    let backwards = 0;
    while (count < total) {
      const taken = await merge.poll(
        ({ time, sequence }) => {
          seen[sequence]!++;
          if (time < latest) backwards++;
          else latest = time;
        },
        { timeoutMs: 20_000 },
      );
      assert.ok(taken > 0, `${count} of ${total}`);
      count += taken;
    }
    for (const child of children) await child.success();
    assert.ok(seen.every((times) => times === 1));
    assert.equal(merge.stats().late, backwards);
    merge.close();
    for (const ring of opened) {
      assert.equal(ring.stats().available, 0);
      ring.close();
    }
    await rings.close();
  },
);

async function stampMany(
  { sys }: import('./support/child.ts').Lib,
  id: number,
  count: number,
): Promise<void> {
  const program = sys.openById('PROG', id);
  for (let sent = 0; sent < count; sent += 500) {
    sys.programTestRun(program, 'stamp', {
      dataIn: new Uint8Array(64),
      dataOut: new Uint8Array(64),
      repeat: 500,
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('openInnerRings() opens nothing of a map that holds other maps', async () => {
  const inner = { name: 'inner', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 } as const;
  const outer = BpfMap.create<Uint8Array, number, HasFd>({
    name: 'outer',
    type: 'ARRAY_OF_MAPS',
    keySize: 4,
    valueSize: 4,
    maxEntries: 2,
    inner,
  });
  assert.deepEqual(openInnerRings(outer), []);
  const map = BpfMap.create(inner);
  outer.update(new Uint8Array(4), map);
  assert.throws(() => openInnerRings(outer), ArgumentError);
  map.close();
  outer.close();
});

test('a merge with nothing to hold costs nothing', needs('clock'), async () => {
  const child = Child.start(async ({ kernel, ringbuf, fs }) => {
    const group = new ringbuf.RingBufferGroup<Uint8Array>();
    for (const name of ['one', 'two']) {
      const map = kernel.BpfMap.create({ name, type: 'RINGBUF', maxEntries: 4096 });
      group.add(ringbuf.RingBuffer.open(map.fd));
    }
    fs.writeSync(1, 'waiting\n');
    await group.merged({ timestamp: () => 0, windowMs: 20 }).poll(() => {});
  }, []);
  await child.line();
  await untilIdle(child.pid);
  const before = costOf(child.pid);
  await delay(500);
  const cost = costBetween(before, costOf(child.pid));
  assert.ok(cost.ticks <= 1 && cost.switches <= 5, JSON.stringify(cost));
  await child.kill();
  assert.deepEqual(bpfFiles(), []);
});
