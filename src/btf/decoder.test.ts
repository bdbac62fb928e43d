import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { ArgumentError } from '../errors/index.ts';
import { closureCode } from './closures.ts';
import { basicTypes, member, memoryOf } from './decoder.test.support.ts';
import type { DecoderCode, ReadOptions } from './decoder-code.ts';
import { Btf, BtfBuilder, type BtfMember, createDecoder, recordMemory } from './index.ts';
import { shapeOf } from './shape.ts';

test('a struct becomes what its declaration says', () => {
  const builder = new BtfBuilder();
  const { char, u8, u32, s64, array } = basicTypes(builder);
  const bool = builder.int('_Bool', 1, 'bool');
  const anonymous = builder.add({
    kind: 'union',
    name: '',
    size: 4,
    members: [member('low', u8, 0), member('all', u32, 0)],
  });
  const event = builder.add({
    kind: 'struct',
    name: 'event',
    size: 72,
    members: [
      member('time', s64, 0),
      member('pid', u32, 64),
      member('', anonymous, 96),
      member('comm', array(char, 16), 128),
      member('mac', array(u8, 6), 256),
      member('ok', bool, 304),
      member('', u32, 312, 8),
      member('grid', array(array(u32, 2), 2), 320),
      member('names', array(array(char, 4), 3), 448),
    ],
  });
  const btf = Btf.parse(builder.build());
  const bytes = new Uint8Array(72);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, -5n, true);
  view.setUint32(8, 0xffff_fff0, true);
  view.setUint32(12, 0x0102_0304, true);
  bytes.set(new TextEncoder().encode('bäsh\0garbage'), 16);
  bytes.set([1, 2, 3, 4, 5, 6, 1], 32);
  for (const [i, n] of [10, 20, 30, 40].entries()) view.setUint32(40 + i * 4, n, true);
  bytes.set(new TextEncoder().encode('one\0four\0'), 56);
  const expected = {
    time: -5n,
    pid: 0xffff_fff0,
    low: 4,
    all: 0x0102_0304,
    comm: 'bäsh',
    mac: Uint8Array.of(1, 2, 3, 4, 5, 6),
    ok: true,
    grid: [
      [10, 20],
      [30, 40],
    ],
    names: ['one', 'four', ''],
  };
  const decoder = createDecoder<typeof expected>(btf, event);
  assert.equal(decoder.size, 72);
  const memory = memoryOf(bytes);
  const value = decoder.decode(memory, 0);
  assert.deepEqual(value, expected);
  memory.bytes[32] = 99;
  assert.equal(value.mac[0], 1, 'bytes are a copy');
  const { time } = createDecoder<{ time: number }>(btf, event, { int64: 'number' }).decode(memory, 0);
  assert.equal(time, -5);
});

test('a cursor reads where it was moved', () => {
  const builder = new BtfBuilder();
  const { u32, array } = basicTypes(builder);
  const inner = builder.add({ kind: 'struct', name: 'inner', size: 4, members: [member('x', u32, 0)] });
  const outer = builder.add({
    kind: 'struct',
    name: 'outer',
    size: 16,
    members: [member('a', u32, 0), member('in', inner, 32), member('list', array(inner, 2), 64)],
  });
  type Outer = { a: number; in: { x: number }; list: { x: number }[] };
  const btf = Btf.parse(builder.build());
  const memory = memoryOf(new Uint8Array(Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer));
  const cursor = createDecoder<Outer>(btf, outer).createCursor(memory);
  const { value } = cursor;
  cursor.moveTo(16);
  assert.deepEqual([value.a, value.in.x, value.list], [5, 6, [{ x: 7 }, { x: 8 }]]);
  cursor.moveTo(0);
  assert.deepEqual([value.a, value.in.x], [1, 2]);
  memory.u32[1] = 22;
  assert.equal(value.in.x, 22);
  assert.equal(JSON.stringify(value), '{"a":1,"in":{"x":22},"list":[{"x":3},{"x":4}]}');
  assert.match(inspect(value), /a: 1, in: \{ x: 22 \}/);
  assert.throws(() => Object.assign(value, { a: 0 }), TypeError);
  const number = createDecoder<number>(btf, u32).createCursor(memory);
  number.moveTo(8);
  assert.equal(number.value, 3);
  memory.u32[2] = 33;
  assert.equal(number.value, 33);
});

test('a flexible array reaches to the end of the record', () => {
  const builder = new BtfBuilder();
  const { char, u32, s64, array } = basicTypes(builder);
  const withTail = (type: number) =>
    builder.add({
      kind: 'struct',
      name: 'tail',
      size: 16,
      members: [member('time', s64, 0), member('pid', u32, 64), member('tail', array(type, 0), 96)],
    });
  const [text, numbers] = [withTail(char), withTail(u32)];
  const members = [member('x', u32, 0), member('c', array(char, 0), 0)];
  const union = builder.add({ kind: 'union', name: 'no_tail', size: 4, members });
  const btf = Btf.parse(builder.build());
  const bytes = new Uint8Array(32);
  bytes.set(new TextEncoder().encode('/usr/bin/env'), 12);
  const memory = memoryOf(bytes);
  type Tail = { tail: unknown };
  const options: ReadOptions = { littleEndian: true, int64: 'bigint', size: 12 };
  const both = (id: number): DecoderCode[] => {
    const shape = shapeOf(btf, id);
    return [createDecoder<Tail>(btf, id), closureCode(shape, options)];
  };
  for (const code of both(text)) {
    const tail = (length?: number) => (code.decode(memory, 0, length) as Tail).tail;
    assert.deepEqual(
      [tail(), tail(12), tail(16), tail(24), tail(32)],
      ['', '', '/usr', '/usr/bin/env', '/usr/bin/env'],
    );
    const cursor = code.createCursor!(memory);
    cursor.moveTo(0, 20);
    assert.equal((cursor.value as Tail).tail, '/usr/bin');
  }
  for (const code of both(numbers)) {
    assert.deepEqual((code.decode(memory, 0) as Tail).tail, []);
    assert.deepEqual((code.decode(memory, 0, 22) as Tail).tail, [0x7273_752f, 0x6e69_622f]);
  }
  assert.equal(createDecoder(btf, text).size, 12);
  assert.equal(createDecoder(btf, union).size, 4);
  assert.deepEqual(createDecoder(btf, union).decode(memory, 0, 32), { x: 0, c: '' });
});

test('a flexible array that lies before other fields does not make a record shorter', () => {
  const builder = new BtfBuilder();
  const { char, u32, array } = basicTypes(builder);
  const none = array(char, 0);
  const struct = (...members: BtfMember[]) => builder.add({ kind: 'struct', name: 's', size: 8, members });
  const before = struct(member('x', u32, 32), member('c', none, 0));
  const inWord = struct(member('x', u32, 0, 20), member('c', none, 24));
  const btf = Btf.parse(builder.build());
  assert.equal(createDecoder(btf, before).size, 8);
  // The bitfield is read with the word around it.
  assert.equal(createDecoder(btf, inWord).size, 4);
});

test('records beyond 2 GiB are read where they are', () => {
  const builder = new BtfBuilder();
  const { char, u32, s64, array } = basicTypes(builder);
  const members = [member('a', s64, 0), member('b', u32, 64), member('c', array(char, 8), 96)];
  const id = builder.add({ kind: 'struct', name: 'far', size: 24, members });
  const decoder = createDecoder<unknown>(Btf.parse(builder.build()), id);
  const offset = 2 ** 31 + 64;
  // Untouched pages cost nothing.
  const buffer = new ArrayBuffer(offset + 24);
  const memory = recordMemory(buffer, 0, buffer.byteLength);
  memory.view.setBigInt64(offset, -7n, true);
  memory.view.setUint32(offset + 8, 8, true);
  memory.bytes.set([104, 105], offset + 12);
  const expected = { a: -7n, b: 8, c: 'hi' };
  assert.deepEqual(decoder.decode(memory, offset), expected);
  const cursor = decoder.createCursor(memory);
  cursor.moveTo(offset);
  assert.equal(
    JSON.stringify(cursor.value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)),
    '{"a":-7,"b":8,"c":"hi"}',
  );
});

test('bitfields of old compilers, told by the int and not by the member, are read', () => {
  const builder = new BtfBuilder();
  const bits = (bitOffset: number, bits: number) =>
    builder.add({
      kind: 'int',
      name: 'int',
      size: 4,
      bits,
      bitOffset,
      signed: false,
      char: false,
      bool: false,
    });
  const id = builder.add({
    kind: 'struct',
    name: 'old',
    size: 4,
    members: [member('a', bits(0, 3), 0), member('b', bits(3, 7), 0), member('c', bits(0, 9), 10)],
  });
  const decoder = createDecoder<unknown>(Btf.parse(builder.build()), id);
  const bytes = new Uint8Array(Uint32Array.of(5 | (100 << 3) | (300 << 10)).buffer);
  assert.deepEqual(decoder.decode(memoryOf(bytes), 0), { a: 5, b: 100, c: 300 });
});

test('memory must be aligned and inside its buffer', () => {
  const buffer = new ArrayBuffer(64);
  for (const [offset, length] of [
    [4, 8],
    [-8, 8],
    [0, 65],
    [64, 8],
    [0, -1],
    [0, 1.5],
  ] as const) {
    assert.throws(() => recordMemory(buffer, offset, length), ArgumentError, `${offset}, ${length}`);
  }
  assert.equal(recordMemory(buffer, 8, 13).u32.length, 3);
});

test('texts are told apart and found again, whatever lies behind their NUL', () => {
  for (const length of [4, 16, 32, 64]) {
    const builder = new BtfBuilder();
    const { char, array } = basicTypes(builder);
    const id = builder.add({
      kind: 'struct',
      name: 'event',
      size: length,
      members: [member('text', array(char, length), 0)],
    });
    const decoder = createDecoder<{ text: string }>(Btf.parse(builder.build()), id);
    const memory = memoryOf(new Uint8Array(length));
    const cursor = decoder.createCursor(memory);
    // Far more texts than a table has slots, each read again after others took its place; and each byte matters.
    for (let i = 0; i < 20_000; i++) {
      const text = 'x'.repeat(i % length).slice(0, -5) + ((i * 7919) % 997);
      memory.bytes.fill(i & 0xff);
      memory.bytes.set(new TextEncoder().encode(`${text}\0`).subarray(0, length));
      const expected = text.slice(0, length);
      assert.equal(decoder.decode(memory, 0).text, expected);
      assert.equal(cursor.value.text, expected);
    }
  }
});
