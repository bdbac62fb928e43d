import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { Btf, BtfBuilder, createDecoder, type Decoder } from '../../src/btf/index.ts';
import { ArgumentError, BusyError, ClosedError, RecordError } from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { PerfBuffer, type RingDropped } from '../../src/ringbuf/index.ts';
import { onlineCpus } from '../../src/sys/index.ts';
import { Child, startWorker } from './support/child.ts';
import { onCpu } from './support/cpu.ts';
import { needs } from './support/needs.ts';
import { PerfProducer } from './support/perf-producer.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, delay, leastCost, untilIdle } from './support/proc.ts';
import { range } from './support/producer.ts';

const sequenceOf = (bytes: Uint8Array): number => Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** `struct { u64 sequence, more; }` */
function decoder(size: 8 | 16 = 8): Decoder<{ sequence: bigint }> {
  const b = new BtfBuilder();
  const u64 = b.int('u64', 8);
  const members = [{ name: 'sequence', type: u64, bitOffset: 0, bitSize: 0 }];
  if (size === 16) members.push({ name: 'more', type: u64, bitOffset: 64, bitSize: 0 });
  const id = b.add({ kind: 'struct', name: 'sample', size, members });
  return createDecoder(Btf.parse(b.build(), { name: 'samples' }), id);
}

/** Takes what is there now. */
function takeAll(buffer: PerfBuffer<Uint8Array>): number[] {
  const taken: number[] = [];
  buffer.consume((bytes) => void taken.push(sequenceOf(bytes)));
  return taken;
}

test('samples come as bytes with their padding, as objects and through a cursor', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ decoder: decoder() });
  producer.send(5, 1, 13);
  const lengths: number[] = [];
  assert.equal(
    buffer.bytes.consume((bytes) => {
      lengths.push(bytes.length);
      assert.equal(sequenceOf(bytes), 5);
    }),
    1,
  );
  // 4 bytes of length and 13 of payload, rounded up to a multiple of 8.
  assert.deepEqual(lengths, [20]);
  producer.send(6, 2);
  const seen: bigint[] = [];
  assert.equal(
    buffer.consume(({ sequence }) => void seen.push(sequence), { max: 1 }),
    1,
  );
  assert.equal(
    buffer.cursor.consume((cursor) => void seen.push(cursor.sequence)),
    1,
  );
  assert.deepEqual(seen, [6n, 7n]);
  assert.equal(buffer.stats().delivered, 3);
  buffer.close();
  await producer.close();
});

test('what is there together comes by time, whichever CPU it was written on', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open();
  const cpus = onlineCpus();
  assert.ok(cpus.length > 1, 'this test needs two CPUs');
  for (const n of range(0, 12)) onCpu(cpus[n % cpus.length]!, () => producer.send(n));
  const seen: [number, number][] = [];
  const times: number[] = [];
  const before = Number(process.hrtime.bigint());
  buffer.consume((bytes) => {
    seen.push([sequenceOf(bytes), buffer.cpu]);
    times.push(buffer.time);
  });
  assert.deepEqual(
    seen,
    range(0, 12).map((n) => [n, cpus[n % cpus.length]]),
  );
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(before - times[11]! > 0 && before - times[11]! < 5e9, 'the clock of process.hrtime()');
  buffer.close();
  await producer.close();
});

test('samples of all sizes lie across the end of the ring, thousands of times', needs('clock'), async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ pages: 1 });
  for (let n = 0; n < 6000; n += 3) {
    producer.send(n, 3, 8 + ((n * 13) % 500));
    assert.deepEqual(takeAll(buffer), [n, n + 1, n + 2]);
  }
  assert.equal(buffer.stats().lost, 0);
  buffer.close();
  await producer.close();
});

test('what finds no room is counted by CPU and announced, and no sample is unaccounted for', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ pages: 1 });
  const announced: RingDropped[] = [];
  const listen = (message: unknown): void => void announced.push(message as RingDropped);
  diagnostics.subscribe('ringtail:ring.dropped', listen);
  const cpus = onlineCpus().slice(0, 2);
  const sent = 1000;
  for (const cpu of cpus) onCpu(cpu, () => producer.send(0, sent));
  const found = takeAll(buffer).length;
  assert.ok(found > 0 && found < sent * cpus.length);
  assert.equal(buffer.stats().lost, 0, 'the kernel tells with the next sample');
  for (const cpu of cpus) onCpu(cpu, () => producer.send(sent));
  assert.deepEqual(takeAll(buffer), [sent, sent]);
  const { lost, lostByCpu } = buffer.stats();
  assert.equal(lost, sent * cpus.length - found);
  assert.deepEqual([...lostByCpu.keys()], cpus);
  assert.deepEqual(announced, [{ ring: 'samples', dropped: BigInt(lost), total: BigInt(lost) }]);
  diagnostics.unsubscribe('ringtail:ring.dropped', listen);
  buffer.close();
  await producer.close();
});

test('losses are counted once, though what was read behind them is given back', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ pages: 1, decoder: decoder(16) });
  const [cpu] = onlineCpus() as [number];
  onCpu(cpu, () => producer.send(0, 1000, 16));
  const found = buffer.bytes.consume(() => {});
  // A sample that can be decoded, behind what was lost, and one that cannot.
  onCpu(cpu, () => producer.send(0, 1, 16));
  onCpu(cpu, () => producer.send(1, 1, 8));
  for (let times = 0; times < 3; times++) {
    for await (const { sequence } of buffer) {
      assert.equal(sequence, 0n);
      break;
    }
    assert.equal(buffer.stats().lost, 0);
  }
  const batches = buffer.batches();
  assert.equal((await batches.next()).value.length, 1);
  assert.equal(buffer.stats().lost, 1000 - found);
  await assert.rejects(batches.next(), RecordError);
  assert.equal(buffer.stats().lost, 1000 - found);
  buffer.close();
  await producer.close();
});

test('poll() waits for a sample, and ends by time-out, abort and close', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open();
  const seen: number[] = [];
  const handler = (bytes: Uint8Array): void => void seen.push(sequenceOf(bytes));
  for (const cpu of onlineCpus()) {
    const wait = buffer.poll(handler);
    await delay(20);
    onCpu(cpu, () => producer.send(cpu));
    assert.equal(await wait, 1);
  }
  assert.deepEqual(seen, onlineCpus());
  assert.equal(await buffer.poll(handler, { timeoutMs: 10 }), 0);
  await assert.rejects(buffer.poll(handler, { signal: AbortSignal.timeout(10) }), { name: 'AbortError' });
  const wait = buffer.poll(handler);
  assert.throws(() => buffer.consume(handler), BusyError);
  buffer.close();
  assert.equal(await wait, 0);
  await producer.close();
});

test('wakeupEvents: the reader sleeps until there are so many', needs('clock'), async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ wakeupEvents: 10 });
  const [cpu] = onlineCpus() as [number];
  const wait = buffer.poll(() => {});
  let done = false;
  void wait.then(() => {
    done = true;
  });
  await delay(20);
  onCpu(cpu, () => producer.send(0, 9));
  await delay(50);
  assert.equal(done, false);
  onCpu(cpu, () => producer.send(9));
  assert.equal(await wait, 10);
  buffer.close();
  await producer.close();
});

test('a loop gives an event back to the kernel when it asks for the next', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open({ decoder: decoder() });
  onCpu(onlineCpus()[0]!, () => producer.send(0, 3));
  const failing = async (): Promise<void> => {
    for await (const { sequence } of buffer) if (sequence === 1n) throw new Error('stop');
  };
  await assert.rejects(failing(), /stop/);
  const seen: bigint[] = [];
  setTimeout(() => producer.send(3), 20);
  for await (const { sequence } of buffer) {
    seen.push(sequence);
    if (sequence === 3n) break;
  }
  assert.deepEqual(seen, [1n, 2n, 3n]);
  const left: (readonly { sequence: bigint }[])[] = [];
  setTimeout(() => buffer.close(), 20);
  for await (const batch of buffer.batches()) left.push(batch);
  assert.deepEqual(left, [[{ sequence: 3n }]]);
  await producer.close();
});

test('a handler that throws consumes its sample; false stops', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open();
  producer.send(0, 4);
  assert.throws(
    () =>
      buffer.consume(() => {
        throw new Error('mine');
      }),
    /mine/,
  );
  assert.equal(
    buffer.consume(() => false),
    1,
  );
  assert.deepEqual(takeAll(buffer), [2, 3]);
  buffer.close();
  await producer.close();
});

test('waiting costs nothing', needs('clock'), async () => {
  const child = Child.start(async ({ kernel, ringbuf, fs }) => {
    const map = kernel.BpfMap.create({
      name: 'idle',
      type: 'PERF_EVENT_ARRAY',
      keySize: 4,
      valueSize: 4,
      maxEntries: 0,
    });
    const buffer = ringbuf.PerfBuffer.open(map.fd);
    fs.writeSync(1, 'waiting\n');
    await buffer.poll(() => {});
  }, []);
  await child.line();
  await untilIdle(child.pid);
  const cost = await leastCost(child.pid, 500);
  assert.ok(cost.ticks <= 1 && cost.switches <= 5, JSON.stringify(cost));
  await child.kill();
});

test('no wake-up is lost, whenever a sample comes', needs('clock'), async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open();
  const count = 1500;
  // Sets the size of the samples.
  producer.send(0);
  const child = Child.start(sendEndlessly, [producer.object.programs['send']!.info().id]);
  await child.line();
  for (let seen = 0; seen < count; ) {
    const taken = await buffer.poll(() => {}, { timeoutMs: 10_000 });
    assert.ok(taken > 0);
    seen += taken;
    // The next sample comes before, while or after the wait begins.
    if (seen % 3 === 0) await new Promise(setImmediate);
  }
  await child.kill();
  buffer.close();
  await producer.close();
});

async function sendEndlessly({ sys, fs }: import('./support/child.ts').Lib, id: number): Promise<void> {
  const program = sys.openById('PROG', id);
  fs.writeSync(1, 'sending\n');
  const flag = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    sys.programTestRun(program, 'send', { dataIn: new Uint8Array(64), dataOut: new Uint8Array(64) });
    Atomics.wait(flag, 0, 0, Math.random());
  }
}

test('in a worker thread', async () => {
  const producer = await PerfProducer.create();
  const worker = startWorker(
    async ({ workers, ringbuf, sys, fs }, id) => {
      const fd = sys.openById('MAP', id);
      const buffer = ringbuf.PerfBuffer.open(fd);
      workers.parentPort!.postMessage('open');
      for (let n = 0; n < 3; n++) workers.parentPort!.postMessage(await buffer.poll(() => {}));
      buffer.close();
      fs.closeSync(fd);
      workers.parentPort!.postMessage('closed');
    },
    [producer.object.maps['samples']!.info().id],
  );
  const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  assert.equal(await next(), 'open');
  for (let n = 0; n < 3; n++) {
    const taken = next();
    await delay(20);
    producer.send(n);
    assert.equal(await taken, 1);
  }
  assert.equal(await next(), 'closed');
  await worker.terminate();
  await producer.close();
});

test('one reader; closing it takes the rings out of the map', async () => {
  const producer = await PerfProducer.create();
  const buffer = producer.open();
  assert.throws(() => producer.open(), BusyError);
  assert.equal(producer.send(0), 0);
  buffer.close();
  buffer.close();
  const ENOENT = -2;
  assert.equal(producer.send(0), ENOENT);
  const again = producer.open();
  assert.equal(producer.send(7), 0);
  assert.deepEqual(takeAll(again), [7]);
  again.close();
  await producer.close();
});

test('a buffer closed after its map leaves alone the map that has its fd now', async () => {
  const producer = await PerfProducer.create();
  const { fd } = producer;
  const buffer = producer.open();
  await producer.close();
  const maps = range(0, 8).map(() =>
    BpfMap.create({ name: 'other', type: 'HASH', keySize: 4, valueSize: 4, maxEntries: 64 }),
  );
  const other = maps.find((map) => map.fd === fd)!;
  const key = new Uint8Array(Uint32Array.of(onlineCpus()[0]!).buffer);
  other.update(key, key);
  buffer.close();
  assert.deepEqual(other.lookup(key), key);
  for (const map of maps) map.close();
});

test('bad options, another map, a closed buffer', async () => {
  const producer = await PerfProducer.create();
  for (const pages of [0, 3, -1, 1.5, 2 ** 19]) assert.throws(() => producer.open({ pages }), ArgumentError);
  assert.throws(() => producer.open({ wakeupEvents: 0 }), ArgumentError);
  const ring = BpfMap.create({ name: 'ring', type: 'RINGBUF', maxEntries: 4096 });
  assert.throws(
    () => PerfBuffer.open(ring.fd),
    (error) => error instanceof ArgumentError && error.remedy.includes('RingBuffer'),
  );
  ring.close();
  const buffer = producer.open();
  buffer.close();
  for (const use of [() => buffer.consume(() => {}), () => buffer.stats(), () => buffer.ref()]) {
    assert.throws(use, ClosedError);
  }
  await assert.rejects(buffer.events().next(), ClosedError);
  await producer.close();
  assert.deepEqual(bpfFiles(), []);
});
