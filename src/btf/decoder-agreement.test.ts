// Any type and any bytes: what decoders and encoders make of them.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { closureCode } from './closures.ts';
import { member, memoryOf } from './decoder.test.support.ts';
import type { ReadOptions } from './decoder-code.ts';
import { generateCode } from './generate.ts';
import { Btf, BtfBuilder, createDecoder, createEncoder } from './index.ts';
import { shapeOf } from './shape.ts';

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
