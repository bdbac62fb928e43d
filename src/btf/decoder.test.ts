import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { ArgumentError, ObjectFormatError } from '../errors/index.ts';
import { closureCode } from './closures.ts';
import { cpuMs } from './cpu-time.test.support.ts';
import type { DecoderCode, ReadOptions } from './decoder-code.ts';
import { generateCode } from './generate.ts';
import { Btf, BtfBuilder, type BtfMember, createDecoder, createEncoder, recordMemory } from './index.ts';
import { shapeOf } from './shape.ts';

/** A member; offsets and widths in bits. */
function member(name: string, type: number, bitOffset: number, bitSize = 0): BtfMember {
  return { name, type, bitOffset, bitSize };
}

/** Ids of the types that tests use, added to a builder. */
function basicTypes(builder: BtfBuilder) {
  const char = builder.int('char', 1);
  const u8 = builder.int('unsigned char', 1);
  const u32 = builder.int('unsigned int', 4);
  const array = (type: number, count: number) => builder.add({ kind: 'array', type, indexType: u32, count });
  const s64 = builder.int('long', 8, 'signed');
  return { char, u8, u32, s64, array };
}

function memoryOf(bytes: Uint8Array): ReturnType<typeof recordMemory> {
  return recordMemory(Uint8Array.from(bytes).buffer, 0, bytes.length);
}

/** Reads a value the slow and obvious way: from the type itself, bit by bit. */
function interpret(btf: Btf, id: number, bytes: Uint8Array, int64: 'bigint' | 'number'): unknown {
  const bit = (i: number): bigint => {
    const byte = bytes[Math.floor(i / 8)]!;
    return BigInt((btf.littleEndian ? byte >> (i % 8) : byte >> (7 - (i % 8))) & 1);
  };
  const whole = (at: number, bits: number, signed: boolean): number | bigint => {
    let value = 0n;
    for (let i = 0; i < bits; i++) value |= bit(at + i) << BigInt(btf.littleEndian ? i : bits - 1 - i);
    if (signed) value = BigInt.asIntN(bits, value);
    return bits <= 32 || (bits <= 64 && int64 === 'number') ? Number(value) : value;
  };
  const text = (at: number, count: number): string => {
    const part = bytes.subarray(at / 8, at / 8 + count);
    const end = part.indexOf(0);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(end < 0 ? part : part.subarray(0, end));
  };
  const read = (id: number, at: number, bitSize: number): unknown => {
    const type = btf.type(btf.resolve(id));
    switch (type.kind) {
      case 'int': {
        const value = bitSize > 0 ? whole(at, bitSize, type.signed) : whole(at, type.bits, type.signed);
        return type.bool ? Number(value) !== 0 : value;
      }
      case 'enum':
      case 'enum64':
        return whole(at, bitSize > 0 ? bitSize : type.size * 8, type.signed);
      case 'ptr':
        return whole(at, 64, false);
      case 'float': {
        const view = new DataView(bytes.buffer, bytes.byteOffset + at / 8);
        return type.size === 4 ? view.getFloat32(0, btf.littleEndian) : view.getFloat64(0, btf.littleEndian);
      }
      case 'array': {
        const element = btf.type(btf.resolve(type.type));
        if (element.kind === 'int' && element.name === 'char') return text(at, type.count);
        if (element.kind === 'int' && element.name === 'unsigned char') {
          return bytes.slice(at / 8, at / 8 + type.count);
        }
        const stride = btf.sizeof(type.type) * 8;
        return Array.from({ length: type.count }, (_, i) => read(type.type, at + i * stride, 0));
      }
      case 'struct':
      case 'union':
        return Object.fromEntries(
          type.members.map((m) => [m.name, read(m.type, at + m.bitOffset, m.bitSize)]),
        );
      default:
        throw new Error(`no values of ${type.kind}`);
    }
  };
  return read(id, 0, 0);
}

/** A type to be made at random, and how it is added to a builder. */
interface RandomType {
  readonly size: number;
  add(builder: BtfBuilder): number;
}

const scalar: fc.Arbitrary<RandomType> = fc.constantFrom<RandomType>(
  ...[1, 2, 4, 8, 16].flatMap((size): RandomType[] => [
    { size, add: (b) => b.int(size === 1 ? 'unsigned char' : `u${size}`, size) },
    { size, add: (b) => b.int(`s${size}`, size, 'signed') },
  ]),
  { size: 3, add: (b) => b.int('odd', 3, 'signed') },
  { size: 1, add: (b) => b.int('bool', 1, 'bool') },
  { size: 8, add: (b) => b.add({ kind: 'ptr', type: 0 }) },
  { size: 4, add: (b) => b.add({ kind: 'float', name: 'float', size: 4 }) },
  { size: 8, add: (b) => b.add({ kind: 'float', name: 'double', size: 8 }) },
  { size: 4, add: (b) => b.add({ kind: 'enum', name: 'e', size: 4, signed: true, values: [] }) },
  { size: 8, add: (b) => b.add({ kind: 'enum64', name: 'e', size: 8, signed: false, values: [] }) },
);

/** Members of random types, aligned or not, some of them bitfields. */
const composite = (inner: fc.Arbitrary<RandomType>): fc.Arbitrary<RandomType> =>
  fc
    .record({
      kind: fc.constantFrom('struct' as const, 'union' as const),
      parts: fc.array(fc.record({ type: inner, gap: fc.nat({ max: 3 }), packed: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      fields: fc.array(
        fc.record({ at: fc.nat({ max: 100 }), bits: fc.integer({ min: 1, max: 64 }), signed: fc.boolean() }),
        {
          maxLength: 4,
        },
      ),
    })
    .map(({ kind, parts, fields }) => {
      let end = 0;
      const places = parts.map(({ type, gap, packed }) => {
        const align = packed ? 1 : Math.min(8, type.size & -type.size);
        const offset = kind === 'union' ? 0 : Math.ceil((end + gap) / align) * align;
        end = Math.max(end, offset + type.size);
        return { type, offset };
      });
      const size = Math.max(end, ...fields.map(({ at, bits }) => Math.ceil((at + bits) / 8)));
      return {
        size,
        add(builder: BtfBuilder): number {
          const members = places.map(({ type, offset }, i) => member(`m${i}`, type.add(builder), offset * 8));
          for (const [i, { at, bits, signed }] of fields.entries()) {
            const type = builder.int('word', 8, signed ? 'signed' : undefined);
            members.push(member(`b${i}`, type, at, bits));
          }
          return builder.add({ kind, name: 'random', size, members });
        },
      };
    });

const arrayOf = (inner: fc.Arbitrary<RandomType>): fc.Arbitrary<RandomType> =>
  fc.record({ type: inner, count: fc.integer({ min: 1, max: 4 }) }).map(({ type, count }) => ({
    size: type.size * count,
    add: (b) => b.add({ kind: 'array', type: type.add(b), indexType: 0, count }),
  }));

const bytesArray: fc.Arbitrary<RandomType> = fc
  .record({ name: fc.constantFrom('char', 'unsigned char'), count: fc.integer({ min: 1, max: 80 }) })
  .map(({ name, count }) => ({
    size: count,
    add: (b) => b.add({ kind: 'array', type: b.int(name, 1), indexType: 0, count }),
  }));

const leaf = fc.oneof({ weight: 3, arbitrary: scalar }, bytesArray);
const nested = fc.oneof(leaf, arrayOf(leaf), composite(leaf), arrayOf(composite(leaf)));
const struct = composite(nested);

test('generated code, closures and bit-by-bit reading agree on any type and any bytes', () => {
  const property = fc.property(
    struct,
    fc.boolean(),
    fc.constantFrom('bigint' as const, 'number' as const),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
    (type, littleEndian, int64, noise) => {
      const builder = new BtfBuilder({ littleEndian });
      builder.int('long', 8);
      const id = type.add(builder);
      const btf = Btf.parse(builder.build());
      const bytes = Uint8Array.from({ length: type.size }, (_, i) => noise[i % 64]!);
      const expected = interpret(btf, id, bytes, int64);
      const options: ReadOptions = { littleEndian, int64, size: type.size };
      const shape = shapeOf(btf, id);
      // The second place is aligned as records are, and has others' bytes on both sides.
      for (const offset of [0, 24]) {
        const region = new Uint8Array(offset + type.size + offset).fill(0xa5);
        region.set(bytes, offset);
        const memory = memoryOf(region);
        for (const code of [generateCode(shape, options), closureCode(shape, options)]) {
          assert.deepEqual(code.decode(memory, offset), expected);
          const cursor = code.createCursor!(memory);
          cursor.moveTo(offset);
          for (const [name, value] of Object.entries(expected as object)) {
            const read = (cursor.value as Record<string, unknown>)[name];
            assert.deepEqual(plain(read), value, name);
          }
        }
      }
    },
  );
  fc.assert(property, { seed: 7, numRuns: 300, includeErrorInReport: true });
});

/** What a nested cursor stands for. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'toJSON' in value
    ? (value.toJSON as () => unknown)()
    : value;
}

test('what is decoded encodes to bytes that decode to the same', () => {
  const property = fc.property(
    struct,
    fc.boolean(),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
    (type, littleEndian, noise) => {
      const builder = new BtfBuilder({ littleEndian });
      const id = type.add(builder);
      const btf = Btf.parse(builder.build());
      const decoder = createDecoder<unknown>(btf, id);
      // Bytes below 128 are valid UTF-8 and no NaN, of which JavaScript keeps only one.
      const bytes = Uint8Array.from({ length: type.size }, (_, i) => noise[i % 64]! & 0x77);
      const value = decoder.decode(memoryOf(bytes), 0);
      let encoded: Uint8Array;
      try {
        encoded = createEncoder<unknown>(btf, id)(value);
      } catch (error) {
        // A bool of a union may be decoded from bytes other than 0 and 1, and then says less than they do.
        assert.match(String(error), /disagrees with another member/);
        return;
      }
      assert.deepEqual(decoder.decode(memoryOf(encoded), 0), value);
    },
  );
  fc.assert(property, { seed: 8, numRuns: 300, includeErrorInReport: true });
});

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
  assert.throws(() => createDecoder(btf, u32).createCursor(memory), ArgumentError);
});

const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'toJSON',
  'value',
  '#m',
  '"]; throw new Error("injected"); ["',
  "'+process.exit(3)+'",
  '`\x24{process.exit(3)}`',
  'a\nb',
  '\u2028',
  '*/',
  '\\',
  '0',
];

test('field names of a hostile BTF are names and nothing more', () => {
  const builder = new BtfBuilder();
  const { u8 } = basicTypes(builder);
  const members = HOSTILE_NAMES.map((name, i) => member(name, u8, i * 8));
  const id = builder.add({ kind: 'struct', name: 'hostile', size: 16, members });
  const btf = Btf.parse(builder.build());
  const memory = memoryOf(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
  const options: ReadOptions = { littleEndian: true, int64: 'bigint', size: 16 };
  const shape = shapeOf(btf, id);
  for (const code of [generateCode(shape, options), closureCode(shape, options)]) {
    const value = code.decode(memory, 0) as object;
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.deepEqual(new Set(Object.keys(value)), new Set(HOSTILE_NAMES));
    const cursor = code.createCursor!(memory);
    cursor.moveTo(0);
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      assert.equal(Object.getOwnPropertyDescriptor(value, name)?.value, i + 1);
      assert.equal((cursor.value as Record<string, unknown>)[name], i + 1);
    }
  }
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

test('types that contradict themselves or are too large are refused, and soon', () => {
  const builder = new BtfBuilder();
  const { char, u32, s64, array } = basicTypes(builder);
  const composite = (kind: 'struct' | 'union', size: number, ...members: BtfMember[]) =>
    builder.add({ kind, name: 'bad', size, members });
  let tower = u32;
  for (let i = 0; i < 40; i++) tower = array(tower, 1);
  let billion = u32;
  for (let i = 0; i < 9; i++) billion = array(billion, 10);
  let wide = u32;
  for (let i = 0; i < 12; i++)
    wide = composite('union', 4, ...[...'abcdefgh'].map((name) => member(name, wide, 0)));
  const empty = composite('struct', 0);
  const nextId = () => builder.nextId;
  const fwd = builder.add({ kind: 'fwd', name: 'f', declares: 'struct' });
  const bad: [string, number][] = [
    ['inside itself', composite('struct', 8, member('self', nextId(), 0))],
    ['anonymous inside itself', composite('struct', 8, member('', nextId(), 0))],
    ['beyond its struct', composite('struct', 8, member('x', s64, 32))],
    ['bitfield beyond its struct', composite('struct', 1, member('x', u32, 4, 5))],
    ['bitfield wider than its type', composite('struct', 16, member('x', u32, 0, 33))],
    [
      'bitfield of a pointer',
      composite('struct', 8, member('x', builder.add({ kind: 'ptr', type: 0 }), 0, 3)),
    ],
    ['struct at a fraction of a byte', composite('struct', 16, member('x', empty, 3))],
    ['40 dimensions', tower],
    ['a billion elements', billion],
    ['8^12 members', wide],
    ['4 billion elements of no bytes', array(empty, 0xffff_ffff)],
    ['2 GiB of text', array(char, 2 ** 31)],
    ['an enum of 3 bytes', builder.add({ kind: 'enum', name: 'e', size: 3, signed: false, values: [] })],
  ];
  const btf = Btf.parse(builder.build());
  const started = cpuMs();
  for (const [what, id] of bad) assert.throws(() => createDecoder(btf, id), ObjectFormatError, what);
  assert.ok(cpuMs() - started < 1000);
  assert.throws(() => createDecoder(btf, fwd), ArgumentError);
  assert.throws(() => createDecoder(btf, 0), ArgumentError);
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

test('where code generation is forbidden the decoder still works', () => {
  const index = new URL('./index.js', import.meta.url).href;
  const script = `
    import { Btf, BtfBuilder, createDecoder, recordMemory } from ${JSON.stringify(index)};
    let forbidden = false;
    try { new Function('return 1'); } catch (error) { forbidden = error instanceof EvalError; }
    const builder = new BtfBuilder();
    const type = builder.int('unsigned int', 4);
    const members = [{ name: 'pid', type, bitOffset: 32, bitSize: 0 }];
    const btf = Btf.parse(builder.build());
    const split = new BtfBuilder({ base: btf });
    const id = split.add({ kind: 'struct', name: 'event', size: 8, members });
    const decoder = createDecoder(Btf.parse(split.build(), { base: btf }), id);
    const memory = recordMemory(new ArrayBuffer(16), 0, 16);
    memory.u32[3] = 77;
    const cursor = decoder.createCursor(memory);
    cursor.moveTo(8);
    console.log(JSON.stringify({ forbidden, object: decoder.decode(memory, 8), pid: cursor.value.pid }));`;
  const args = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), { forbidden: true, object: { pid: 77 }, pid: 77 });
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
