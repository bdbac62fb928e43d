import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError } from '../errors/index.ts';
import { Btf, BtfBuilder, type BtfMember, createEncoder } from './index.ts';

/** A member; offsets and widths in bits. */
function member(name: string, type: number, bitOffset: number, bitSize = 0): BtfMember {
  return { name, type, bitOffset, bitSize };
}

/** A struct with one field of each kind, and one that ends in a flexible array. */
function types(littleEndian: boolean): { btf: Btf; event: number; path: number; union: number } {
  const builder = new BtfBuilder({ littleEndian });
  const u32 = builder.int('unsigned int', 4);
  const s16 = builder.int('short', 2, 'signed');
  const u64 = builder.int('unsigned long', 8);
  const char = builder.int('char', 1);
  const bool = builder.int('_Bool', 1, 'bool');
  const array = (type: number, count: number) => builder.add({ kind: 'array', type, indexType: u32, count });
  const bytes = array(builder.int('unsigned char', 1), 2);
  const inner = builder.add({ kind: 'struct', name: 'inner', size: 4, members: [member('x', s16, 0)] });
  const union = builder.add({
    kind: 'union',
    name: 'either',
    size: 8,
    members: [member('whole', u64, 0), member('half', u32, 0), member('text', array(char, 8), 0)],
  });
  const event = builder.add({
    kind: 'struct',
    name: 'event',
    size: 40,
    members: [
      member('id', u64, 0),
      member('low', u32, 64, 3),
      member('high', s16, 67, 5),
      member('ok', bool, 72),
      member('mac', bytes, 80),
      member('comm', array(char, 8), 96),
      member('inner', array(inner, 2), 160),
      member('ratio', builder.add({ kind: 'float', name: 'double', size: 8 }), 256),
    ],
  });
  const path = builder.add({
    kind: 'struct',
    name: 'path',
    size: 4,
    members: [member('length', u32, 0), member('name', array(char, 0), 32)],
  });
  return { btf: Btf.parse(builder.build()), event, path, union };
}

const EVENT = {
  id: 0x0102_0304_0506_0708n,
  low: 5,
  high: -2,
  ok: true,
  mac: Uint8Array.of(0xaa, 0xbb),
  comm: 'bash',
  inner: [{ x: -1 }, { x: 258 }],
  ratio: 0.5,
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a struct is laid out byte for byte', () => {
  const little = types(true);
  const expected = ['0807060504030201', 'f501aabb', '6261736800000000', 'ffff0000', '02010000', '00000000'];
  assert.equal(hex(createEncoder(little.btf, little.event)(EVENT)), `${expected.join('')}000000000000e03f`);
  const big = types(false);
  const swapped = ['0102030405060708', 'be01aabb', '6261736800000000', 'ffff0000', '01020000', '00000000'];
  assert.equal(hex(createEncoder(big.btf, big.event)(EVENT)), `${swapped.join('')}3fe0000000000000`);
});

test('it writes into given bytes and clears what was there', () => {
  const { btf, event } = types(true);
  const encode = createEncoder<typeof EVENT>(btf, event);
  const into = new Uint8Array(50).fill(0xee);
  const bytes = encode(EVENT, into.subarray(2));
  assert.equal(bytes.buffer, into.buffer);
  assert.equal(hex(bytes), hex(encode(EVENT)));
  assert.deepEqual([into[1], into[42]], [0xee, 0xee]);
  assert.throws(() => encode(EVENT, new Uint8Array(39)), ArgumentError);
});

test('a flexible array makes the value as long as it is', () => {
  const { btf, path } = types(true);
  const encode = createEncoder<unknown>(btf, path);
  assert.equal(hex(encode({ length: 3, name: '/bin' })), '030000002f62696e00');
  assert.throws(() => encode({ length: 3 }), /path\.name must be a string/);
  assert.throws(() => encode({ length: 3, name: '/bin' }, new Uint8Array(8)), ArgumentError);
});

test('members of a union may be left out but not disagree', () => {
  const { btf, union } = types(true);
  const encode = createEncoder<unknown>(btf, union);
  assert.equal(hex(encode({ half: 1 })), '0100000000000000');
  assert.equal(hex(encode({ whole: 1n, half: 1 })), '0100000000000000');
  assert.equal(hex(encode({})), '0000000000000000');
  assert.throws(() => encode({ whole: 1n, half: 2 }), /either\.whole disagrees/);
  assert.throws(() => encode({ text: 'ab', half: 0x64636261 }), /either\.half disagrees/);
});

test('a value that does not fit is refused by the path of its field', () => {
  const { btf, event } = types(true);
  const encode = createEncoder<unknown>(btf, event);
  const refuse = (change: object, message: RegExp): void => {
    assert.throws(
      () => encode({ ...EVENT, ...change }),
      (error) => error instanceof ArgumentError && message.test(error.message),
      String(message),
    );
  };
  refuse(
    { id: 2n ** 64n },
    /^event\.id must be a whole number from 0 to 18446744073709551615, not 18446744073709551616$/,
  );
  refuse({ id: -1 }, /^event\.id/);
  refuse({ id: 1.5 }, /^event\.id/);
  refuse({ id: Number.NaN }, /^event\.id/);
  refuse({ id: '1' }, /^event\.id .* not "1"$/);
  refuse({ low: 8 }, /^event\.low must be a whole number from 0 to 7/);
  refuse({ high: 16 }, /^event\.high must be a whole number from -16 to 15/);
  refuse({ ok: 1 }, /^event\.ok/);
  refuse({ mac: Uint8Array.of(1) }, /^event\.mac must be a Uint8Array of 2 bytes, not 1 bytes$/);
  refuse({ comm: 'a\0b' }, /^event\.comm/);
  refuse({ comm: 'ääääb' }, /^event\.comm must be a string of at most 8 bytes/);
  refuse({ inner: [{ x: 1 }] }, /^event\.inner must be an array of 2 elements, not an array of 1$/);
  refuse({ inner: [{ x: 1 }, { x: 40_000 }] }, /^event\.inner\[1\]\.x/);
  refuse({ inner: [{ x: 1 }, null] }, /^event\.inner\[1\] must be an object/);
  refuse({ ratio: 1n }, /^event\.ratio/);
  refuse({ ok: undefined }, /^event\.ok must be true or false, not undefined$/);
  assert.throws(
    () => encode({ ...EVENT, comn: 'x' }),
    (error) =>
      error instanceof ArgumentError && /no field "comn"/.test(error.message) && /comm/.test(error.remedy),
  );
  const { id, ...incomplete } = EVENT;
  assert.equal(typeof id, 'bigint');
  assert.throws(() => encode(incomplete), /^ArgumentError: event\.id/);
});

test('text that fills its array has no NUL, and bare types have values too', () => {
  const builder = new BtfBuilder();
  const char = builder.int('char', 1);
  const text = builder.add({ kind: 'array', type: char, indexType: char, count: 4 });
  const bit = builder.int('long', 8, 'signed');
  const btf = Btf.parse(builder.build());
  assert.equal(hex(createEncoder<string>(btf, text)('abcd')), '61626364');
  assert.equal(hex(createEncoder<bigint>(btf, bit)(-2n)), 'feffffffffffffff');
});
