import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createDecoder } from '../../src/btf/index.ts';
import { ArgumentError, BpfSyscallError, BusyError } from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { RingBuffer } from '../../src/ringbuf/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { Child } from './support/child.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, delay, ringMappings, untilIdle } from './support/proc.ts';
import { PAGE, Producer, range, takeAll } from './support/producer.ts';
import { type Sample, sampleType } from './support/programs.ts';

const { btf, id } = sampleType();
const decoder = createDecoder<Sample>(btf, id);

test('takeOver() goes on where the consumer before it stopped', async () => {
  await withBpffs(async (bpffs) => {
    const producer = await Producer.create();
    const pin = join(bpffs, 'ring');
    producer.object.maps['ring']!.pin(pin);
    producer.sendRange(0, 10);
    producer.ring.consume(() => {}, { max: 4 });
    producer.ring.close();
    const files = bpfFiles().length;
    const next = RingBuffer.takeOver(pin, { decoder });
    assert.equal(next.name, 'ring');
    assert.deepEqual(takeAll(next), range(4, 10));
    next.close();
    assert.equal(bpfFiles().length, files);
    await producer.close();
  });
});

test('after a crash in the middle of a batch the whole batch is delivered again', async () => {
  await withBpffs(async (bpffs) => {
    const producer = await Producer.create();
    const pin = join(bpffs, 'ring');
    producer.object.maps['ring']!.pin(pin);
    producer.ring.close();
    producer.sendRange(0, 30);
    const child = Child.start(
      async ({ ringbuf }, path: string) => {
        const batches = ringbuf.RingBuffer.takeOver(path).batches({ max: 10 });
        await batches.next();
        const { value } = (await batches.next()) as { value: Uint8Array[] };
        console.log(value.map((bytes) => bytes[4]).join());
        // In the middle of the second batch until it is killed.
        setInterval(() => {}, 1000);
      },
      [pin],
    );
    assert.equal(await child.line(), range(10, 20).join());
    await child.kill();
    const next = RingBuffer.takeOver(pin, { decoder });
    assert.deepEqual(takeAll(next), range(10, 30));
    next.close();
    await producer.close();
  });
});

test('a second consumer of a ring in the process is a BusyError, by fd and by pin, until the first is closed', async () => {
  await withBpffs(async (bpffs) => {
    const producer = await Producer.create();
    const pin = join(bpffs, 'ring');
    producer.object.maps['ring']!.pin(pin);
    const { fd } = producer.object.maps['ring']!;
    const files = bpfFiles().length;
    assert.throws(() => RingBuffer.open(fd), BusyError);
    assert.throws(() => RingBuffer.takeOver(pin), BusyError);
    assert.equal(bpfFiles().length, files);
    producer.ring.close();
    RingBuffer.takeOver(pin).close();
    RingBuffer.open(fd).close();
    await producer.close();
  });
});

test('what is no ring cannot be taken over, nor what does not exist', async () => {
  await withBpffs((bpffs) => {
    const map = BpfMap.create({ name: 'numbers', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 });
    map.pin(join(bpffs, 'numbers'));
    assert.throws(
      () => RingBuffer.takeOver(join(bpffs, 'numbers')),
      (error) => error instanceof ArgumentError && error.message.includes('numbers') && error.remedy !== '',
    );
    assert.throws(
      () => RingBuffer.takeOver(join(bpffs, 'none')),
      (error) => error instanceof BpfSyscallError && error.errno === 'ENOENT' && error.remedy !== '',
    );
    map.close();
  });
  assert.deepEqual(bpfFiles(), []);
});

test('a ring size that cannot be is refused with the size to use instead', () => {
  const create = (maxEntries: number) => () => BpfMap.create({ name: 'ring', type: 'RINGBUF', maxEntries });
  const cases: readonly [size: number, why: RegExp, use: string][] = [
    [5000, /5000 bytes is not a power of two/, '8192'],
    [0, /not a power of two/, '4096'],
    [-4096, /not a power of two/, '4096'],
    [4096.5, /not a power of two/, '8192'],
    [Number.NaN, /not a power of two/, '4096'],
    [2048, /not a multiple of this machine's page size/, '4096'],
    [2 ** 31, /more than can be mapped/, String(2 ** 30)],
    [2 ** 40, /more than can be mapped/, String(2 ** 30)],
    [2 ** 31 + 1, /not a power of two/, String(2 ** 30)],
  ];
  for (const [size, why, use] of cases) {
    assert.throws(create(size), (error) => {
      assert.ok(error instanceof ArgumentError, String(error));
      assert.match(error.message, why);
      assert.ok(error.remedy.includes(`${use} bytes`), error.remedy);
      return true;
    });
  }
});

test('nothing is left open or mapped after close()', async () => {
  assert.deepEqual(bpfFiles(), []);
  const producer = await Producer.create();
  await producer.ring.poll(() => {}, { timeoutMs: 1 });
  assert.notDeepEqual(bpfFiles(), []);
  assert.equal(ringMappings(), 2);
  await producer.close();
  await producer.close();
  assert.deepEqual(bpfFiles(), []);
  assert.equal(ringMappings(), 0);
});

/** Waits on an empty ring in one of several ways. */
function waitForNothing(how: 'poll' | 'unref' | 'timed' | 'ref' | 'events' | 'batches'): Child {
  return Child.start(
    async ({ producer }, way: string) => {
      const { ring } = await producer.Producer.create();
      if (way === 'unref' || way === 'ref' || way === 'timed') ring.unref();
      if (way === 'ref') ring.ref();
      if (way === 'events') void ring.events().next();
      else if (way === 'batches') void ring.batches().next();
      else void ring.poll(() => {}, way === 'timed' ? { timeoutMs: 60_000 } : {});
      console.log('waiting');
    },
    [how],
  );
}

for (const how of ['poll', 'events', 'batches', 'ref'] as const) {
  test(`a process that waits for a ring stays (${how})`, async () => {
    const child = waitForNothing(how);
    await child.line();
    await untilIdle(child.pid);
    assert.equal(child.process.exitCode, null);
    await child.kill();
  });
}

for (const how of ['unref', 'timed'] as const) {
  test(`a process that waits for an unref'd ring only ends (${how})`, async () => {
    const child = waitForNothing(how);
    await child.line();
    await child.success();
  });
}

test("unref'd rings are served as long as something else keeps the process, and ref() undoes it", async () => {
  const producer = await Producer.create();
  producer.ring.unref();
  const keeper = setInterval(() => {}, 1000);
  const waiting = producer.ring.poll(() => {});
  setTimeout(() => producer.send(0), 10);
  assert.equal(await waiting, 1);
  clearInterval(keeper);
  producer.ring.ref();
  const referenced = producer.ring.poll(() => {});
  await delay(1);
  producer.ring.unref().ref();
  producer.send(1);
  assert.equal(await referenced, 1);
  await producer.close();
});

test('a ring of many pages and the smallest one are mapped whole', async () => {
  for (const size of [PAGE, 16 * 1024 * 1024]) {
    const producer = await Producer.create(size);
    assert.equal(producer.ring.stats().size, size);
    producer.sendRange(0, 3);
    assert.deepEqual(takeAll(producer.ring), [0, 1, 2]);
    await producer.close();
  }
});
