import assert from 'node:assert/strict';
import test from 'node:test';
import { freshCopy } from './fresh-copy.ts';
import { BUSY_BIT, DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';
import { countRecords, createScan, type Scan, type ScanState, UNCOUNTED } from './scan.ts';

const SIZE = 256;

/** A ring in plain memory, its records' payloads filled with their number. */
function ringOf(headers: readonly number[], position = 0) {
  // Twice in a row, as the kernel maps it.
  const words = new Int32Array((2 * SIZE) / 4);
  const state: ScanState = { position, handed: 0, discarded: 0, closed: false };
  let unread = 0;
  for (const [i, header] of headers.entries()) {
    const length = header & LENGTH_MASK;
    for (let at = 0; at < HEADER_SIZE + length; at += 4) {
      const word = ((position + unread + at) & (SIZE - 1)) >>> 2;
      words[word] = at === 0 ? header : i;
      words[word + SIZE / 4] = words[word]!;
    }
    unread += (HEADER_SIZE + length + 7) & ~7;
  }
  const load = (from: Int32Array, index: number): number => from[index]!;
  const ring = { words, mask: SIZE - 1, load };
  const scanOf = (create: typeof createScan<Place>): Scan<Place> =>
    create({
      ...ring,
      state,
      take: (offset, length) => ({ length, first: words[offset >>> 2]! }),
      goesOn: (result) => result !== false,
      corrupt: () => new RangeError('corrupt'),
    });
  return { ring, state, unread, scan: scanOf(freshCopy(createScan<Place>)), scanOf };
}

interface Place {
  readonly length: number;
  readonly first: number;
}

test('records of changing lengths are found, around the end of the ring and of 32 bits', () => {
  const lengths = [8, 8, 4, 16, 16, 12, 24, 8, 8, 20];
  for (const position of [0, 8, SIZE - 16, -40, 0x7fff_ffe0]) {
    const { state, unread, scan } = ringOf(lengths, position);
    const seen: Place[] = [];
    assert.equal(
      scan((place) => void seen.push(place), 100, unread),
      true,
    );
    assert.deepEqual(
      seen,
      lengths.map((length, first) => ({ length, first })),
    );
    assert.equal(state.position, (position + unread) | 0);
    assert.equal(state.handed, lengths.length);
  }
});

test('a record in writing ends the scan, discarded ones are skipped and counted', () => {
  const { state, unread, scan } = ringOf([8, 8 | DISCARD_BIT, 8 | DISCARD_BIT, 8, 8 | BUSY_BIT, 8]);
  const seen: number[] = [];
  scan(({ first }) => void seen.push(first), 100, unread);
  assert.deepEqual(seen, [0, 3]);
  assert.equal(state.discarded, 2);
  assert.equal(state.handed, 2);
  assert.equal(state.position, 4 * 16);
});

test('empty records, the first and between others, are records', () => {
  const { unread, scan } = ringOf([0, 0, 8, 0]);
  const seen: number[] = [];
  scan(({ length }) => void seen.push(length), 100, unread);
  assert.deepEqual(seen, [0, 0, 8, 0]);
});

test('no more headers than wanted are looked at, discarded ones among them', () => {
  const { state, unread, scan } = ringOf([8, 8 | DISCARD_BIT, 8, 8]);
  let count = 0;
  scan(() => void count++, 3, unread);
  assert.equal(count, 2);
  assert.equal(state.handed, 2);
  assert.equal(state.position, 3 * 16);
});

test('a handler that throws has consumed its record; false and a closed ring end the scan after theirs', () => {
  for (const end of ['throw', 'false', 'close']) {
    const { ring, state, unread, scan } = ringOf([8, 8, 8]);
    const handler = ({ first }: Place): undefined | false => {
      if (first !== 1) return undefined;
      if (end === 'throw') throw new Error('mine');
      if (end === 'false') return false;
      state.closed = true;
      return undefined;
    };
    if (end === 'throw') assert.throws(() => scan(handler, 100, unread), /mine/);
    else assert.equal(scan(handler, 100, unread), false);
    assert.equal(state.handed, end === 'throw' ? UNCOUNTED : 2, end);
    assert.equal(countRecords(ring, 0, state.position), 2, end);
    assert.equal(state.position, 2 * 16, end);
  }
});

test('a record that reaches beyond the producer is refused, also if it looks like the one before', () => {
  for (const headers of [
    [8, 64],
    [8, 8],
    [8, 8 | DISCARD_BIT],
  ]) {
    const { ring, state, scan } = ringOf(headers);
    assert.throws(() => scan(() => {}, 100, 24), /corrupt/);
    assert.equal(state.handed, UNCOUNTED);
    assert.equal(countRecords(ring, 0, state.position), 1);
    assert.equal(state.position, 16);
  }
});

test('records are counted without those that were discarded, whatever their headers say', () => {
  for (const start of [0, SIZE - 24, -40, 0x7fff_fff0]) {
    const { ring, unread } = ringOf([8, 8 | DISCARD_BIT, 0, 20, 8 | DISCARD_BIT], start);
    assert.equal(countRecords(ring, start, (start + unread) | 0), 3);
    // One that reaches beyond the end, and an end in the middle of one.
    assert.equal(countRecords(ring, start, (start + 8) | 0), 1);
    assert.equal(countRecords(ring, start, start), 0);
  }
});

test('it works without generated code too', () => {
  const { unread, scanOf } = ringOf([8, 4]);
  const seen: number[] = [];
  scanOf(createScan)(({ length }) => void seen.push(length), 100, unread);
  assert.deepEqual(seen, [8, 4]);
});
