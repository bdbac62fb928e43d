import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError, NotFoundError, ObjectFormatError } from '../errors/index.ts';
import { Btf, BtfBuilder, type BtfMember } from './index.ts';

/** A member; offsets and widths in bits. */
function member(name: string, type: number, bitOffset: number, bitSize = 0): BtfMember {
  return { name, type, bitOffset, bitSize };
}

test('sizes and alignments follow the C compiler', () => {
  const builder = new BtfBuilder();
  const long = builder.int('long', 8, 'signed');
  const char = builder.int('char', 1);
  const pointer = builder.add({ kind: 'ptr', type: 0 });
  const matrix = builder.add({
    kind: 'array',
    indexType: long,
    count: 3,
    type: builder.add({ kind: 'array', type: long, indexType: long, count: 4 }),
  });
  const struct = builder.add({
    kind: 'struct',
    name: 's',
    size: 16,
    members: [member('c', char, 0), member('l', long, 64)],
  });
  const packed = builder.add({
    kind: 'struct',
    name: 'p',
    size: 16,
    members: [member('c', char, 0), member('l', long, 8)],
  });
  const packedBySize = builder.add({
    kind: 'struct',
    name: 'p2',
    size: 9,
    members: [member('l', long, 0), member('c', char, 64)],
  });
  const union = builder.add({
    kind: 'union',
    name: 'u',
    size: 8,
    members: [member('c', char, 0), member('p', pointer, 0)],
  });
  const tagged = builder.add({ kind: 'type_tag', name: 'rcu', type: struct, attribute: false });
  const typedef = builder.add({
    kind: 'typedef',
    name: 't',
    type: builder.add({ kind: 'const', type: tagged }),
  });
  const int128 = builder.int('__int128', 16, 'signed');
  const variable = builder.add({ kind: 'var', name: 'v', type: matrix, linkage: 'static' });
  const func = builder.add({ kind: 'func', name: 'f', type: 0, linkage: 'static' });
  const btf = Btf.parse(builder.build());

  const layout = (id: number) => [btf.sizeof(id), btf.alignof(id)];
  assert.deepEqual(layout(long), [8, 8]);
  assert.deepEqual(layout(pointer), [8, 8]);
  assert.deepEqual(layout(matrix), [96, 8]);
  assert.deepEqual(layout(struct), [16, 8]);
  assert.deepEqual(layout(packed), [16, 1]);
  assert.deepEqual(layout(packedBySize), [9, 1]);
  assert.deepEqual(layout(union), [8, 8]);
  assert.deepEqual(layout(typedef), [16, 8]);
  assert.deepEqual(layout(int128), [16, 8]);
  assert.deepEqual(layout(variable), [96, 8]);
  assert.equal(btf.resolve(typedef), struct);
  for (const id of [0, func]) {
    assert.throws(() => btf.sizeof(id), ArgumentError);
    assert.throws(() => btf.alignof(id), ArgumentError);
  }
});

test('the size of long tells the size of a pointer', () => {
  const builder = new BtfBuilder();
  const pointer = builder.add({ kind: 'ptr', type: 0 });
  builder.int('unsigned long', 4);
  const btf = Btf.parse(builder.build());
  assert.equal(btf.pointerSize, 4);
  assert.equal(btf.sizeof(pointer), 4);
  assert.equal(Btf.parse(new BtfBuilder().build()).pointerSize, 8);
});

test('members are found inside anonymous structs and along dots', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, 'signed');
  const inner = builder.add({
    kind: 'struct',
    name: '',
    size: 8,
    members: [member('x', int, 0), member('y', int, 32, 5)],
  });
  const either = builder.add({
    kind: 'union',
    name: '',
    size: 8,
    members: [member('', inner, 0), member('z', int, 0)],
  });
  const named = builder.add({ kind: 'typedef', name: 'inner_t', type: inner });
  const outer = builder.add({
    kind: 'struct',
    name: 'outer',
    size: 24,
    members: [member('a', int, 0), member('', either, 64), member('n', named, 128)],
  });
  const btf = Btf.parse(builder.build());
  assert.deepEqual(btf.member(outer, 'a'), { type: int, bitOffset: 0, bitSize: 0 });
  assert.deepEqual(btf.member(outer, 'y'), { type: int, bitOffset: 96, bitSize: 5 });
  assert.deepEqual(btf.member(outer, 'z'), { type: int, bitOffset: 64, bitSize: 0 });
  assert.deepEqual(btf.member(outer, 'n.y'), { type: int, bitOffset: 160, bitSize: 5 });
  assert.throws(() => btf.member(outer, 'a.b'), ArgumentError);
  assert.throws(() => btf.member(outer, ''), NotFoundError);
  assert.throws(
    () => btf.member(outer, 'n.xx'),
    (error) => error instanceof NotFoundError && error.remedy.includes('x'),
  );
});

test('types that contain themselves end in an error, and soon', () => {
  const builder = new BtfBuilder();
  const loop = builder.add({ kind: 'typedef', name: 'a', type: builder.nextId + 1 });
  builder.add({ kind: 'const', type: loop });
  const array = builder.nextId;
  builder.add({ kind: 'array', type: array, indexType: 0, count: 1 });
  const self = builder.nextId;
  const members = Array.from({ length: 1000 }, (_, i) => member(i === 0 ? '' : `m${i}`, self, 0));
  builder.add({ kind: 'struct', name: 'self', size: 8, members });
  const nameless = builder.nextId;
  builder.add({
    kind: 'struct',
    name: '',
    size: 8,
    members: Array.from({ length: 1000 }, () => member('', nameless, 0)),
  });
  const btf = Btf.parse(builder.build());
  assert.throws(() => btf.resolve(loop), ObjectFormatError);
  assert.throws(() => btf.sizeof(array), ObjectFormatError);
  assert.throws(() => btf.alignof(array), ObjectFormatError);
  assert.throws(() => btf.alignof(self), ObjectFormatError);
  assert.throws(() => btf.member(nameless, 'x'), NotFoundError);
});

test('a tower of anonymous structs is searched once, not once for each way through it', () => {
  const builder = new BtfBuilder();
  let below = builder.int('int', 4);
  for (let level = 0; level < 30; level++) {
    const members = Array.from({ length: 10 }, () => member('', below, 0));
    below = builder.add({ kind: 'union', name: '', size: 4, members });
  }
  const btf = Btf.parse(builder.build());
  assert.throws(() => btf.member(below, 'x'), NotFoundError);
  assert.equal(btf.alignof(below), 4);
});

test('a type of 4 GiB or more is an error', () => {
  const builder = new BtfBuilder();
  const char = builder.int('char', 1);
  const most = builder.add({ kind: 'array', type: char, indexType: char, count: 0xffff_ffff });
  const twice = builder.add({ kind: 'array', type: most, indexType: char, count: 2 });
  const btf = Btf.parse(builder.build());
  assert.equal(btf.sizeof(most), 0xffff_ffff);
  assert.throws(() => btf.sizeof(twice), ObjectFormatError);
});
