import assert from 'node:assert/strict';
import { Btf, BtfBuilder, createEncoder } from '../../src/btf/index.ts';
import { ArgumentError, BusyError, ClosedError, RecordError } from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { UserRingBuffer } from '../../src/ringbuf/index.ts';
import { RingFlags } from '../../src/spec/index.ts';
import { Mapping } from '../../src/sys/index.ts';
import { Child, startWorker } from './support/child.ts';
import { Drainer } from './support/drainer.ts';
import { needs } from './support/needs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, delay, leastCost, ringMappings, untilIdle } from './support/proc.ts';
import { range } from './support/producer.ts';

const PAGE = 4096;
const u64 = (n: number | bigint): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
const bigints = (from: number, to: number): bigint[] => range(from, to).map(BigInt);

/** Fills the ring with records of 8 bytes. @returns how many found room. */
function fill(ring: UserRingBuffer, first = 0): number {
  let count = 0;
  while (ring.output(u64(first + count))) count++;
  return count;
}

test('a program drains what was submitted, in the order of reserving, without what was discarded', async () => {
  const drainer = await Drainer.create();
  const ring = drainer.open();
  const records = range(0, 4).map((n) => {
    const record = ring.reserve(8)!;
    record.bytes.set(u64(n));
    return record;
  });
  assert.deepEqual(drainer.drain(), { result: 0, seen: [] });
  records[3]!.submit();
  records[1]!.discard();
  assert.deepEqual(drainer.drain(), { result: 0, seen: [] });
  records[0]!.submit();
  assert.deepEqual(drainer.drain(), { result: 1, seen: [0n] });
  records[2]!.submit();
  assert.deepEqual(drainer.drain(), { result: 2, seen: [2n, 3n] });
  assert.equal(ring.stats().available, 0);
  ring.close();
  await drainer.close();
});

test('the ring holds as much as fits, refuses more, and has room again after a drain', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  assert.equal(fill(ring), PAGE / 16);
  assert.equal(ring.reserve(0), undefined);
  assert.equal(ring.stats().available, PAGE);
  assert.deepEqual(drainer.drain().seen, bigints(0, PAGE / 16));
  const largest = ring.reserve(PAGE - 8)!;
  largest.bytes.set(u64(7));
  largest.submit();
  assert.equal(ring.reserve(0), undefined);
  assert.deepEqual(drainer.drain(), { result: 1, seen: [7n] });
  ring.close();
  await drainer.close();
});

test('a length that no record can have is an error, not a lack of room', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  for (const size of [PAGE - 7, -1, 1.5, 2 ** 30, Number.NaN]) {
    assert.throws(() => ring.reserve(size), ArgumentError);
    await assert.rejects(ring.reserveBlocking(size), ArgumentError);
  }
  // The kernel makes a dynptr of each record, and would stop at one that is too long for that.
  const big = BpfMap.create({ name: 'big', type: 'USER_RINGBUF', maxEntries: 2 ** 25 });
  const bigRing = UserRingBuffer.open(big.fd);
  assert.throws(() => bigRing.reserve(2 ** 24), ArgumentError);
  bigRing.reserve(2 ** 24 - 1)!.discard();
  bigRing.close();
  big.close();
  ring.close();
  await drainer.close();
});

test('positions go round and round, records of all sizes lie across the end', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  let expected: bigint[] = [];
  for (let n = 0; n < 20_000; n++) {
    const record = ring.reserve(8 + ((n * 7) % 1500));
    if (record === undefined) {
      assert.deepEqual(drainer.drain().seen, expected);
      expected = [];
      continue;
    }
    record.bytes.set(u64(n));
    record.submit();
    expected.push(BigInt(n));
  }
  assert.deepEqual(drainer.drain().seen, expected);
  assert.ok(ring.stats().producerPosition > BigInt(PAGE) * 1000n);
  ring.close();
  await drainer.close();
});

test('output() encodes by BTF', async () => {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const members = ['op', 'pid'].map((name, i) => ({ name, type: u32, bitOffset: 32 * i, bitSize: 0 }));
  const id = b.add({ kind: 'struct', name: 'command', size: 8, members });
  const encoder = createEncoder<{ op: number; pid: number }>(Btf.parse(b.build(), { name: 'commands' }), id);
  const drainer = await Drainer.create();
  const ring = drainer.open({ encoder });
  assert.equal(ring.output({ op: 1, pid: 2 }), true);
  assert.equal(await ring.outputBlocking({ op: 3, pid: 4 }), true);
  assert.throws(() => ring.output({ op: 1 } as never), ArgumentError);
  assert.deepEqual(drainer.drain().seen, [(2n << 32n) | 1n, (4n << 32n) | 3n]);
  ring.close();
  await drainer.close();
});

test('a record is ended once, by using() too, and what is written afterwards does not reach the ring', async () => {
  const drainer = await Drainer.create();
  const ring = drainer.open();
  const record = ring.reserve(8)!;
  record.bytes.set(u64(1));
  record.submit();
  record.bytes.set(u64(2));
  assert.throws(() => record.submit(), ClosedError);
  assert.throws(() => record.discard(), ClosedError);
  record[Symbol.dispose]();
  ring.reserve(8)![Symbol.dispose]();
  ring.output(u64(3));
  assert.deepEqual(drainer.drain().seen, [1n, 3n]);
  // Its buffer taken away, a record cannot be submitted; the next one is still found behind it.
  const emptied = ring.reserve(8)!;
  structuredClone(emptied.bytes, { transfer: [emptied.bytes.buffer as ArrayBuffer] });
  assert.throws(() => emptied.submit(), ArgumentError);
  ring.output(u64(4));
  assert.deepEqual(drainer.drain().seen, [4n]);
  ring.close();
  await drainer.close();
});

test('a blocking reserve waits for a drain that makes enough room, not for any room', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  const count = fill(ring);
  const order: string[] = [];
  const large = ring.reserveBlocking(100).then((record) => {
    order.push('large');
    record!.bytes.set(u64(1000));
    record!.submit();
  });
  const small = ring.outputBlocking(u64(1001)).then((done) => order.push(`small ${done}`));
  // Room for a small one: but the large one came first.
  drainer.drain({ one: true });
  await delay(20);
  assert.deepEqual(order, []);
  assert.equal(drainer.drain().result, count - 1);
  await Promise.all([large, small]);
  assert.deepEqual(order, ['large', 'small true']);
  assert.deepEqual(drainer.drain().seen, [1000n, 1001n]);
  ring.close();
  await drainer.close();
});

test('waiting ends by time-out, abort and close, and those behind move up', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  assert.equal(await ring.outputBlocking(u64(0), { timeoutMs: 1 }), true);
  fill(ring);
  assert.equal(await ring.reserveBlocking(8, { timeoutMs: 0 }), undefined);
  assert.equal(await ring.outputBlocking(u64(0), { timeoutMs: 10 }), false);
  await assert.rejects(ring.reserveBlocking(8, { timeoutMs: -1 }), ArgumentError);
  await assert.rejects(ring.reserveBlocking(8, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const controller = new AbortController();
  const first = ring.reserveBlocking(PAGE / 2, { signal: controller.signal });
  const second = ring.outputBlocking(u64(1));
  drainer.drain({ one: true });
  controller.abort();
  await assert.rejects(first, { name: 'AbortError' });
  assert.equal(await second, true);
  const third = ring.reserveBlocking(8);
  const fourth = ring.outputBlocking(u64(1));
  ring.close();
  assert.deepEqual(await Promise.all([third, fourth]), [undefined, false]);
  await drainer.close();
});

test(
  'a wait for room costs nothing while the ring is full, or has too little room',
  needs('clock'),
  async () => {
    const child = Child.start(async ({ kernel, ringbuf, fs }) => {
      const spec = { name: 'full', type: 'USER_RINGBUF', maxEntries: 4096 } as const;
      const map = kernel.BpfMap.create(spec);
      const ring = ringbuf.UserRingBuffer.open(map.fd);
      ring.output(new Uint8Array(4000));
      fs.writeSync(1, 'waiting\n');
      await ring.reserveBlocking(1000);
    }, []);
    await child.line();
    await untilIdle(child.pid);
    const cost = await leastCost(child.pid, 500);
    assert.ok(cost.ticks <= 1 && cost.switches <= 5, JSON.stringify(cost));
    await child.kill();
  },
);

test('no wake-up is lost while a program drains in another process', needs('clock'), async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  const count = 2000;
  const child = Child.start(drainEndlessly, [ring.mapId, drainer.object.programs['drain']!.info().id]);
  for (let n = 0; n < count; n++) {
    assert.equal(await ring.outputBlocking(u64(n), { timeoutMs: 10_000 }), true);
  }
  await child.kill();
  drainer.drain();
  assert.equal(ring.stats().available, 0);
  ring.close();
  await drainer.close();
});

async function drainEndlessly(
  { sys }: import('./support/child.ts').Lib,
  _map: number,
  id: number,
): Promise<void> {
  const program = sys.openById('PROG', id);
  for (;;) {
    sys.programTestRun(program, 'drain', { ctx: new Uint8Array(16) });
    // Pauses of changing length: now the ring is full, now empty.
    await new Promise((resolve) => setTimeout(resolve, Math.floor(Math.random() * 3)));
  }
}

test('in a worker thread a wait for room ends too', async () => {
  const drainer = await Drainer.create(PAGE);
  const main = drainer.open();
  fill(main);
  main.close();
  const worker = startWorker(
    async ({ workers, ringbuf, sys, fs }, id) => {
      const fd = sys.openById('MAP', id);
      const ring = ringbuf.UserRingBuffer.open(fd);
      const wait = ring.reserveBlocking(8);
      workers.parentPort!.postMessage('waiting');
      (await wait)!.submit();
      ring.close();
      fs.closeSync(fd);
      workers.parentPort!.postMessage('done');
    },
    [drainer.object.maps['commands']!.info().id],
  );
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  assert.equal(await next(), 'waiting');
  const done = next();
  await delay(20);
  drainer.drain();
  assert.equal(await done, 'done');
  await worker.terminate();
  await drainer.close();
});

test('NO_WAKEUP wakes nobody; the next drain that does not say so does', async () => {
  const drainer = await Drainer.create(PAGE);
  const ring = drainer.open();
  fill(ring);
  let done = false;
  const wait = ring.outputBlocking(u64(1)).then(() => {
    done = true;
  });
  await delay(20);
  drainer.drain({ flags: RingFlags.NO_WAKEUP, one: true });
  await delay(50);
  assert.equal(done, false);
  drainer.drain({ one: true });
  await wait;
  ring.close();
  await drainer.close();
});

test('one producer: a second one in the process is refused, the next goes on where the first ended', async () => {
  const drainer = await Drainer.create(PAGE);
  const first = drainer.open();
  assert.throws(() => drainer.open(), BusyError);
  first.output(u64(1));
  const open = first.reserve(8)!;
  first.close();
  first.close();
  // Closing discards what is open, so the program does not stop at it.
  assert.throws(() => open.submit(), ClosedError);
  const second = drainer.open();
  second.output(u64(2));
  assert.deepEqual(drainer.drain().seen, [1n, 2n]);
  second.close();
  await drainer.close();
});

test('what a producer that died left open is discarded by the next', async () => {
  const drainer = await Drainer.create(PAGE);
  const id = drainer.object.maps['commands']!.info().id;
  const child = Child.start(
    ({ ringbuf, sys, fs }, map) => {
      const ring = ringbuf.UserRingBuffer.open(sys.openById('MAP', map));
      ring.output(new Uint8Array(8).fill(1));
      ring.reserve(24);
      ring.output(new Uint8Array(8).fill(2));
      fs.writeSync(1, 'reserved\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
    [id],
  );
  await child.line();
  await child.kill();
  assert.equal(drainer.drain().result, 1);
  assert.equal(drainer.drain().result, 0);
  const ring = drainer.open();
  ring.output(u64(3));
  assert.deepEqual(drainer.drain().seen, [0x0202020202020202n, 3n]);
  ring.close();
  await drainer.close();
});

test('positions and headers that cannot be right are a RecordError, and leave nothing mapped', async () => {
  const before = ringMappings();
  const damages: readonly ((words: Uint32Array) => void)[] = [
    // A producer far ahead of the consumer; a record longer than what is there; one that is not at a multiple of 8.
    (words) => words.fill(0x7fff_fff8, 0, 1),
    (words) => words.set([4000], PAGE / 4) ?? words.set([16], 0),
    (words) => words.set([12], 0),
  ];
  for (const damage of damages) {
    const map = BpfMap.create({ name: 'damaged', type: 'USER_RINGBUF', maxEntries: PAGE });
    const mapping = new Mapping(map.fd, { offset: PAGE, length: 2 * PAGE, writable: true, what: 'the test' });
    damage(new Uint32Array(mapping.buffer));
    assert.throws(() => UserRingBuffer.open(map.fd), RecordError);
    mapping.close();
    map.close();
  }
  assert.equal(ringMappings(), before);
});

test('a map of another type, and a closed ring', async () => {
  const map = BpfMap.create({ name: 'ring', type: 'RINGBUF', maxEntries: PAGE });
  assert.throws(
    () => UserRingBuffer.open(map.fd),
    (error) => error instanceof ArgumentError && error.remedy.includes('RingBuffer'),
  );
  map.close();
  const drainer = await Drainer.create();
  const ring = drainer.open();
  ring.close();
  for (const use of [
    () => ring.reserve(8),
    () => ring.output(u64(1)),
    () => ring.stats(),
    () => ring.ref(),
    () => ring.unref(),
  ]) {
    assert.throws(use, ClosedError);
  }
  await assert.rejects(ring.reserveBlocking(8), ClosedError);
  await assert.rejects(ring.outputBlocking(u64(1)), ClosedError);
  await drainer.close();
  assert.deepEqual(bpfFiles(), []);
});
