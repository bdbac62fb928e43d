import assert from 'node:assert/strict';
import { RecordError } from '../../src/errors/index.ts';
import { BpfMap, BpfProgram } from '../../src/kernel/index.ts';
import { RingBuffer } from '../../src/ringbuf/index.ts';
import { Mapping } from '../../src/sys/index.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, ringMappings } from './support/proc.ts';
import { PAGE, Producer, range, takeAll } from './support/producer.ts';
import { CONTEXT, output, PAYLOAD_SIZE, reserve } from './support/programs.ts';

const MIB = 1024 * 1024;

test('positions go on past 2^32: records are delivered around it, and the kernel sees the high word', async () => {
  const size = 64 * MIB;
  const large = 32 * MIB;
  const producer = await Producer.create(size, [reserve(), reserve(large - 8, 'large')]);
  const { ring } = producer;
  const skip = (): void => {
    assert.equal(producer.send(0, { by: 'large', discard: true }), 0);
    assert.deepEqual(takeAll(ring), []);
  };
  for (const wrap of [1n, 2n]) {
    const boundary = wrap << 32n;
    // Up to 32 MiB before it, then by small records, so that they lie on both sides.
    while (ring.stats().consumerPosition < boundary - BigInt(large)) skip();
    const gap = Number(boundary - ring.stats().consumerPosition) - 10 * 16 - 8;
    moveOn(producer, gap);
    assert.deepEqual(takeAll(ring), []);
    for (let sequence = 0; sequence < 30; sequence += 3) {
      producer.sendRange(sequence, sequence + 3);
      assert.deepEqual(takeAll(ring), range(sequence, sequence + 3));
      const { consumerPosition, producerPosition, available } = ring.stats();
      assert.equal(consumerPosition, producerPosition);
      assert.equal(available, 0);
    }
    const { consumerPosition } = ring.stats();
    assert.ok(consumerPosition > boundary && consumerPosition < boundary + 4096n, String(consumerPosition));
    const { consumerPosition: asked, available } = ring.query();
    assert.equal(asked, consumerPosition);
    assert.equal(available, 0n);
    // A batch and a rewind across the boundary are as good.
    producer.sendRange(0, 5);
    for await (const batch of ring.batches({ max: 3 })) {
      assert.equal(batch.length, 3);
      break;
    }
    assert.deepEqual(takeAll(ring), range(0, 5));
  }
  await producer.close();
});

/** Moves the producer's position on by `bytes`, with one discarded record. */
function moveOn({ object }: Producer, bytes: number): void {
  const mapFds = new Map(['ring', 'dropped'].map((name) => [name, object.maps[name]!.fd]));
  const program = BpfProgram.load(reserve(bytes - 8, 'filler'), { license: 'Dual BSD/GPL', mapFds });
  const context = new Uint8Array(CONTEXT.length);
  context[CONTEXT.discard] = 1;
  program.run({ ctx: context });
  program.close();
}

test('records of any size arrive whole, also around the end of the data area', async () => {
  const producer = await Producer.create(PAGE, [output()]);
  const payload = Uint8Array.from({ length: PAYLOAD_SIZE }, (_, i) => (i * 31 + 7) & 0xff);
  // 0 to 64 bytes, many times over: each size lies across the end at some time.
  for (let round = 0; round < 40; round++) {
    for (let size = 0; size <= 64; size++) {
      payload[8] = round;
      producer.object.maps['payload']!.update(new Uint8Array(4), payload);
      assert.equal(producer.sendBytes(size, 0x01020304), 0);
      const expected = payload.slice(0, size);
      expected.set(new Uint8Array([0, 0, 0, 0, 4, 3, 2, 1]).subarray(0, size));
      const taken = takeBytes(producer.ring);
      assert.deepEqual(taken, [expected]);
    }
  }
  assert.ok(producer.ring.stats().consumerPosition > 20n * BigInt(PAGE));
  await producer.close();
});

test('the largest record is the ring less two headers; a ring is never full to the last byte', async () => {
  const producer = await Producer.create(PAGE, [
    output(),
    reserve(PAGE - 16, 'largest'),
    reserve(PAGE - 8, 'above'),
  ]);
  const { ring } = producer;
  for (let i = 0; i < 3; i++) {
    assert.equal(producer.send(i, { by: 'largest' }), 0);
    assert.equal(ring.stats().available, PAGE - 8);
    assert.equal(producer.sendBytes(0), -11, 'EAGAIN: not even a header fits');
    assert.deepEqual(
      takeBytes(ring).map((bytes) => bytes.length),
      [PAGE - 16],
    );
  }
  assert.equal(producer.send(0, { by: 'above' }), -1);
  assert.deepEqual(takeAll(ring), []);
  await producer.close();
});

test('a full ring takes a record again as soon as one is given back', async () => {
  const producer = await Producer.create();
  const room = PAGE / 16 - 1;
  for (let turn = 0; turn < 5; turn++) {
    producer.sendRange(0, room);
    assert.equal(producer.send(room), -1);
    assert.equal(
      producer.ring.consume(() => {}, { max: 1 }),
      1,
    );
    assert.equal(producer.send(room), 0);
    assert.equal(producer.send(room), -1);
    assert.deepEqual(takeAll(producer.ring), range(1, room + 1));
  }
  assert.equal(producer.ring.stats().dropped, 10n);
  await producer.close();
});

test('a consumer position planted wrongly is a RecordError when the ring is opened, and nothing stays open', () => {
  const map = BpfMap.create({ name: 'planted', type: 'RINGBUF', maxEntries: PAGE });
  const page = new Mapping(map.fd, { offset: 0, length: PAGE, writable: true, what: 'the consumer page' });
  const position = new BigUint64Array(page.buffer, 0, 1);
  const files = bpfFiles().length;
  for (const wrong of [8n, BigInt(PAGE), 1n << 32n, (1n << 64n) - 8n, 4n]) {
    position[0] = wrong;
    assert.throws(
      () => RingBuffer.open(map.fd),
      (error) =>
        error instanceof RecordError && error.message.includes(`position ${wrong}`) && error.remedy !== '',
    );
    assert.equal(ringMappings(), 1);
  }
  assert.equal(bpfFiles().length, files);
  position[0] = 0n;
  RingBuffer.open(map.fd).close();
  page.close();
  map.close();
});

test('the kernel reserves nothing for a consumer position that is ahead, and a reader that meets one says so', async () => {
  const producer = await Producer.create();
  const { fd } = producer.object.maps['ring']!;
  const page = new Mapping(fd, { offset: 0, length: PAGE, writable: true, what: 'the consumer page' });
  const position = new BigUint64Array(page.buffer, 0, 1);
  producer.sendRange(0, 3);
  takeAll(producer.ring);
  // Ahead of the producer by more than the ring: as if it were far behind.
  position[0] = 48n + 2n * BigInt(PAGE);
  assert.equal(producer.send(9), -1);
  position[0] = 48n;
  assert.equal(producer.send(9), 0);
  assert.deepEqual(takeAll(producer.ring), [9]);

  // A foreign reader lets the kernel run over records that this one has not read.
  for (let i = 0; i < 300; i++) {
    position[0] = producer.ring.stats().producerPosition;
    producer.send(i);
  }
  const corrupt = (error: unknown): boolean =>
    error instanceof RecordError && /cannot be right/.test(error.message);
  assert.throws(() => takeAll(producer.ring), corrupt);
  await assert.rejects(producer.ring.events().next(), corrupt);
  await assert.rejects(producer.ring.batches().next(), corrupt);
  page.close();
  await producer.close();
});

test('a consumer position that somebody else moves is noticed after a few records: what follows may be overwritten', async () => {
  const producer = await Producer.create(PAGE, [output(), reserve()]);
  const { fd } = producer.object.maps['ring']!;
  const page = new Mapping(fd, { offset: 0, length: PAGE, writable: true, what: 'the consumer page' });
  const position = new BigUint64Array(page.buffer, 0, 1);
  producer.sendRange(0, 8);
  let taken = 0;
  const handler = (): void => {
    taken++;
    // Once around the ring: payloads come to lie where headers were.
    for (let sent = 48; sent < PAGE + 24; sent += 24) {
      position[0] = producer.ring.stats().producerPosition - 24n;
      assert.equal(producer.send(0, { by: 'output', size: 16, producer: MIB }), 0);
    }
  };
  assert.throws(() => producer.ring.bytes.consume(handler), RecordError);
  assert.ok(taken <= 4, `${taken} records were handed out`);
  page.close();
  await producer.close();
});

function takeBytes(ring: RingBuffer<unknown>): Uint8Array[] {
  const taken: Uint8Array[] = [];
  ring.bytes.consume((bytes) => void taken.push(bytes));
  return taken;
}
