import assert from 'node:assert/strict';
import test from 'node:test';
import { createDecoder, recordMemory } from '../../btf/index.ts';
import type { Field } from './field.ts';
import { type DecodedRecord, eventReader, keyLayout, type RecordLayout, streamLayout } from './record.ts';

const nothing = (): void => {};
const int = (
  name: string,
  size: 1 | 2 | 4 | 8,
  signed: boolean,
  shownAs: 'number' | 'bool' | 'time' = 'number',
): Field => {
  return { kind: 'int', name, type: 'int', size, signed, shownAs, load: nothing };
};
const text = (name: string, size: number): Field => {
  return { kind: 'text', name, type: 'char[]', size, memory: 'kernel', address: nothing };
};

const FIELDS: Field[] = [
  int('tiny', 1, true),
  text('first', 4095),
  int('time', 8, false, 'time'),
  int('flag', 1, false, 'bool'),
  {
    kind: 'array',
    name: 'bytes',
    type: 'u8[3]',
    element: { size: 1, signed: false },
    count: 3,
    address: nothing,
  },
  {
    kind: 'array',
    name: 'longs',
    type: 'long[2]',
    element: { size: 8, signed: true },
    count: 2,
    address: nothing,
  },
  int('__proto__', 2, false),
  text('second', 15),
];

function decode(layout: RecordLayout, bytes: Uint8Array): DecodedRecord {
  const decoder = createDecoder<DecodedRecord>(layout.type.btf, layout.type.id);
  return decoder.decode(recordMemory(bytes.buffer as ArrayBuffer, 0, bytes.length), 0, bytes.length);
}

const offsets = ({ slots }: RecordLayout): number[] => slots.map((slot) => slot.offset);
const wallClock = (ns: bigint): Date => new Date(Number(ns));

test('a streamed record has its texts behind the fixed part, each as long as it is', () => {
  const layout = streamLayout(FIELDS);
  assert.deepEqual(offsets(layout), [0, 4, 8, 16, 17, 24, 40, 44]);
  assert.equal(layout.fixedSize, 48);
  assert.equal(layout.maxSize, 48 + 4096 + 16);
  const bytes = new Uint8Array(48 + 3 + 1);
  const view = new DataView(bytes.buffer);
  view.setInt8(0, -5);
  view.setUint32(4, 3, true);
  view.setBigUint64(8, 1234n, true);
  bytes.set([1, 7, 8, 9], 16);
  view.setBigInt64(24, -1n, true);
  view.setBigInt64(32, 2n, true);
  view.setUint16(40, 65535, true);
  view.setUint32(44, 1, true);
  bytes.set([0x61, 0xff, 0, 0], 48);
  const event = eventReader(layout, wallClock)(decode(layout, bytes));
  assert.deepEqual(Object.entries(event), [
    ['tiny', -5],
    ['first', 'a\ufffd'],
    ['time', new Date(1234)],
    ['flag', true],
    ['bytes', new Uint8Array([7, 8, 9])],
    ['longs', [-1n, 2n]],
    ['__proto__', 65535],
    ['second', ''],
  ]);
});

test('a text that could not be read has no bytes at all, and is empty', () => {
  const layout = streamLayout([text('a', 10), text('b', 10)]);
  const bytes = new Uint8Array(16);
  bytes.set([0, 0, 0, 0, 2, 0, 0, 0, 0x78, 0]);
  assert.deepEqual(eventReader(layout, wallClock)(decode(layout, bytes.slice(0, 10))), { a: '', b: 'x' });
});

test('many long texts share what a per-CPU value holds', () => {
  const layout = streamLayout(Array.from({ length: 20 }, (_, i) => text(`t${i}`, 4095)));
  assert.ok(layout.maxSize <= 32768, `${layout.maxSize}`);
  assert.ok(layout.slots.every((slot) => slot.size > 1000));
});

test('a key has a constant size, a multiple of 8, with its texts inside', () => {
  const layout = keyLayout([int('sig', 4, true), text('path', 4095), text('comm', 15)]);
  assert.deepEqual(offsets(layout), [0, 4, 260]);
  assert.equal(layout.fixedSize, 280);
  const bytes = new Uint8Array(280);
  bytes.set([9, 0, 0, 0, 0x61]);
  assert.deepEqual(eventReader(layout, wallClock)(decode(layout, bytes)), { sig: 9, path: 'a', comm: '' });
});
