import assert from 'node:assert/strict';
import test from 'node:test';
import { recordMemory } from '../btf/index.ts';
import { RecordError } from '../errors/index.ts';
import { createBacklog } from './backlog.ts';
import { BUSY_BIT, DISCARD_BIT, HEADER_SIZE } from './layout.ts';
import { positionView, positionWord, type RingMemory } from './pages.ts';
import { Pump } from './pump.ts';

const RING_SIZE = 4096;
/** Positions begin just below 2^32: their high words change on the way. */
const START = 2n ** 32n - 1024n;

/** A ring as the kernel fills it. */
class FakeRing implements RingMemory {
  readonly size: number = RING_SIZE;
  readonly data: RingMemory['data'];
  readonly producer: RingMemory['producer'];
  readonly consumer: RingMemory['consumer'];
  readonly published: RingMemory['published'];

  constructor() {
    const buffer = new ArrayBuffer(16 + 2 * RING_SIZE);
    this.producer = positionView(buffer, 0);
    this.consumer = positionView(buffer, 8);
    this.published = positionWord(buffer, 8);
    this.data = recordMemory(buffer, 16, 2 * RING_SIZE);
    this.producer.whole[0] = START;
    this.consumer.whole[0] = START;
  }

  /** Adds a record whose payload says `value` in each byte. @returns its position. */
  add(length: number, value: number, bits = 0): bigint {
    const position = this.producer.whole[0]!;
    const offset = Number(position % BigInt(RING_SIZE));
    const record = new Uint8Array((HEADER_SIZE + length + 7) & ~7);
    record.fill(value, HEADER_SIZE, HEADER_SIZE + length);
    new Uint32Array(record.buffer)[0] = (length | bits) >>> 0;
    // Each byte is mapped twice.
    for (const [i, byte] of record.entries()) {
      const at = (offset + i) % RING_SIZE;
      this.data.bytes[at] = byte;
      this.data.bytes[at + RING_SIZE] = byte;
    }
    this.producer.whole[0] = position + BigInt(record.length);
    return position;
  }
}

function setUp(backlogSize = RING_SIZE) {
  const ring = new FakeRing();
  const backlog = createBacklog({ name: 'r', size: RING_SIZE }, backlogSize, START);
  const pump = new Pump('r', ring, backlog);
  let wakes = 0;
  const step = (): string => pump.step(() => void wakes++);
  /** Reads the next record of the backlog, as a consumer does. */
  const read = (): { header: number; payload: number[] } | undefined => {
    const position = backlog.consumer.whole[0]!;
    if (position === backlog.producer.whole[0]) return undefined;
    const offset = Number(position % BigInt(backlog.size));
    const header = backlog.data.u32[offset / 4]!;
    const length = header & 0x3fff_ffff;
    backlog.consumer.whole[0] = position + BigInt((HEADER_SIZE + length + 7) & ~7);
    return {
      header,
      payload: [...backlog.data.bytes.slice(offset + HEADER_SIZE, offset + HEADER_SIZE + length)],
    };
  };
  return { ring, backlog, step, read, wakes: () => wakes };
}

test('records of all lengths arrive whole and in order, around the end of the backlog and beyond 2^32', () => {
  const { ring, step, read, backlog } = setUp();
  let sent = 0;
  for (let round = 0; round < 200; round++) {
    const lengths = [round % 64, (round * 37) % 1000, 8];
    for (const length of lengths) ring.add(length, sent++ % 251);
    for (let seen = sent - lengths.length; seen < sent; ) {
      step();
      for (let record = read(); record !== undefined; record = read()) {
        assert.equal(record.payload.length, lengths[seen - sent + lengths.length]);
        assert.ok(record.payload.every((byte) => byte === seen % 251));
        seen++;
      }
    }
    assert.equal(ring.consumer.whole[0], ring.producer.whole[0]);
    assert.equal(backlog.producer.whole[0], ring.producer.whole[0]);
  }
  assert.ok(ring.producer.whole[0]! > 2n ** 32n + BigInt(2 * RING_SIZE));
});

test('the largest record fits where the end of the backlog is near', () => {
  const { ring, step, read } = setUp();
  ring.add(RING_SIZE - 1024 - 2 * HEADER_SIZE, 1);
  assert.equal(step(), 'moved');
  assert.ok(read());
  const length = RING_SIZE - 2 * HEADER_SIZE;
  ring.add(length, 2);
  assert.equal(step(), 'moved');
  assert.deepEqual(read()?.payload, new Array(length).fill(2));
});

test('discarded records travel along; a record in writing stops what is behind it', () => {
  const { ring, step, read } = setUp();
  assert.equal(step(), 'empty');
  ring.add(8, 1, DISCARD_BIT);
  ring.add(8, 2);
  const held = ring.add(8, 3, BUSY_BIT);
  ring.add(8, 4);
  assert.equal(step(), 'moved');
  assert.equal(read()!.header, (8 | DISCARD_BIT) >>> 0);
  assert.equal(read()!.payload[0], 2);
  assert.equal(read(), undefined);
  assert.equal(step(), 'busy');
  ring.data.u32[Number(held % BigInt(RING_SIZE)) / 4] = 8;
  assert.equal(step(), 'moved');
  assert.deepEqual([read()!.payload[0], read()!.payload[0]], [3, 4]);
});

test('a full backlog leaves the records where they are', () => {
  const { ring, step, read } = setUp();
  for (let i = 0; i < 4; i++) ring.add(1016, i);
  assert.equal(step(), 'moved');
  while (step() === 'moved');
  ring.add(8, 9);
  const position = ring.consumer.whole[0];
  assert.equal(step(), 'full');
  assert.equal(ring.consumer.whole[0], position);
  read();
  assert.equal(step(), 'moved');
  for (const value of [1, 2, 3, 9]) assert.equal(read()!.payload[0], value);
});

test('the reader is woken for what comes after it had read all, and only then', () => {
  const { ring, step, read, wakes } = setUp();
  ring.add(8, 1);
  step();
  assert.equal(wakes(), 1);
  ring.add(8, 2);
  step();
  assert.equal(wakes(), 1);
  read();
  read();
  ring.add(8, 3);
  step();
  assert.equal(wakes(), 2);
});

test('positions and headers that cannot be are told', () => {
  const moved = setUp();
  moved.ring.consumer.whole[0] = START + 8n;
  assert.throws(moved.step, RecordError);

  const ahead = setUp();
  ahead.ring.producer.whole[0] = START + BigInt(RING_SIZE) + 8n;
  assert.throws(ahead.step, RecordError);

  const long = setUp();
  const position = long.ring.add(8, 1);
  long.ring.data.u32[Number(position % BigInt(RING_SIZE)) / 4] = 4000;
  assert.throws(long.step, RecordError);
});
