import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError } from '../../src/errors/index.ts';
import { BpfMap } from '../../src/kernel/index.ts';
import { queryRing, type RingPositions, type RingStats } from '../../src/ringbuf/index.ts';
import { queryByPacketProgram, queryBySyscallProgram } from '../../src/ringbuf/query.ts';
import { MapFlags, RingQuery } from '../../src/spec/index.ts';
import { objectGet, openById } from '../../src/sys/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { allPrograms, PAGE, Producer, takeAll } from './support/producer.ts';

const EAGAIN = -11;
const EINVAL = -22;

test('bpf_ringbuf_output copies a record of a size known at run time, or says EAGAIN and is counted', async () => {
  const producer = await Producer.create(PAGE, allPrograms());
  for (let size = 8; size <= 2000; size += 331) {
    assert.equal(producer.sendBytes(size, size), 0);
    assert.deepEqual(takeAll(producer.ring), [size]);
  }
  assert.equal(producer.sendBytes(3000), 0);
  assert.equal(producer.sendBytes(3000), EAGAIN);
  assert.equal(producer.ring.stats().dropped, 1n);
  await producer.close();
});

test('bpf_ringbuf_reserve with submit delivers, with discard does not, and gives NULL where there is no room', async () => {
  const producer = await Producer.create(PAGE, allPrograms());
  assert.equal(producer.send(1), 0);
  assert.equal(producer.send(2, { discard: true }), 0);
  assert.equal(producer.send(3), 0);
  assert.deepEqual(takeAll(producer.ring), [1, 3]);
  assert.equal(producer.ring.stats().discarded, 1);
  while (producer.send(0) === 0);
  assert.equal(producer.ring.stats().available, PAGE - 16);
  assert.equal(producer.ring.stats().dropped, 1n);
  await producer.close();
});

test('the dynptr helpers reserve a size known at run time, write, submit and discard', async () => {
  const producer = await Producer.create(PAGE, allPrograms());
  for (const size of [8, 9, 64, 1000]) {
    assert.equal(producer.send(size, { by: 'dynptr', size, producer: 3 }), 0);
    assert.equal(producer.send(0, { by: 'dynptr', size, discard: true }), 0);
    const taken: Uint8Array[] = [];
    producer.ring.bytes.consume((bytes) => void taken.push(bytes));
    assert.equal(taken.length, 1);
    assert.equal(taken[0]!.length, size);
    assert.equal(new DataView(taken[0]!.buffer).getUint32(4, true), size);
  }
  assert.equal(producer.ring.stats().discarded, 4);
  // A reserve that fails leaves a dynptr that must be submitted or discarded all the same.
  assert.equal(producer.send(0, { by: 'dynptr', size: 2 * PAGE }), EINVAL);
  assert.deepEqual(takeAll(producer.ring), []);
  await producer.close();
});

test('bpf_ringbuf_query answers each flag, and an unknown one with 0', async () => {
  const producer = await Producer.create(2 * PAGE, allPrograms());
  producer.sendRange(0, 5);
  producer.ring.consume(() => {}, { max: 2 });
  const ask = (flag: number): number => producer.send(0, { by: 'query', flags: flag });
  assert.equal(ask(RingQuery.AVAIL_DATA), 48);
  assert.equal(ask(RingQuery.RING_SIZE), 2 * PAGE);
  assert.equal(ask(RingQuery.CONS_POS), 32);
  assert.equal(ask(RingQuery.PROD_POS), 80);
  assert.equal(ask(1000), 0);
  await producer.close();
});

test('ring.query() agrees with stats() in every state of a ring, by either kind of program', async () => {
  const producer = await Producer.create();
  const { fd } = producer.object.maps['ring']!;
  const agree = (): void => {
    const expected = positionsOf(producer.ring.stats());
    assert.deepEqual(producer.ring.query(), expected);
    const words = [expected.available, expected.size, expected.consumerPosition, expected.producerPosition];
    assert.deepEqual(queryBySyscallProgram(fd), BigUint64Array.from(words));
    assert.deepEqual(queryByPacketProgram(fd), BigUint64Array.from(words));
  };
  agree();
  producer.sendRange(0, 3);
  agree();
  producer.send(3, { discard: true });
  producer.ring.consume(() => {}, { max: 1 });
  agree();
  for (let i = 0; i < 1000; i++) {
    producer.send(i);
    takeAll(producer.ring);
  }
  agree();
  while (producer.send(0) === 0);
  agree();
  await producer.close();
});

test('queryRing() works on an fd that is read-only, got by id or by pin', async () => {
  await withBpffs(async (bpffs) => {
    const producer = await Producer.create();
    producer.sendRange(0, 4);
    const pin = join(bpffs, 'ring');
    producer.object.maps['ring']!.pin(pin);
    const fds = [openById('MAP', producer.ring.mapId, MapFlags.RDONLY), objectGet(pin, MapFlags.RDONLY)];
    for (const fd of fds) {
      assert.deepEqual(queryRing(fd), positionsOf(producer.ring.stats()));
      assert.deepEqual(queryByPacketProgram(fd)[3], 64n);
      closeSync(fd);
    }
    await producer.close();
  });
  assert.deepEqual(bpfFiles(), []);
});

test('queryRing() refuses a user ring buffer and any other map by its type', () => {
  for (const spec of [
    { name: 'user', type: 'USER_RINGBUF', maxEntries: PAGE },
    { name: 'array', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 },
  ] as const) {
    const map = BpfMap.create(spec);
    assert.throws(
      () => queryRing(map.fd),
      (error) =>
        error instanceof ArgumentError && error.message.includes(`map ${spec.name}`) && error.remedy !== '',
    );
    map.close();
  }
  assert.deepEqual(bpfFiles(), []);
});

function positionsOf(stats: RingStats): RingPositions {
  return {
    available: BigInt(stats.available),
    size: BigInt(stats.size),
    consumerPosition: stats.consumerPosition,
    producerPosition: stats.producerPosition,
  };
}
