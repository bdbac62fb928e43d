import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError, NotFoundError, ObjectFormatError, RingtailError } from '../errors/index.ts';
import { cpuMs } from './cpu-time.test.support.ts';
import { Btf, BtfBuilder, type BtfNewType, createDecoder } from './index.ts';

/** One type of each kind, every reference valid, with the corner values of its fields. */
const ONE_OF_EACH: BtfNewType[] = [
  { kind: 'int', name: 'long', size: 8, bits: 64, bitOffset: 0, signed: true, char: false, bool: false },
  { kind: 'ptr', type: 0 },
  { kind: 'array', type: 1, indexType: 1, count: 0xffff_ffff },
  {
    kind: 'struct',
    name: 's',
    size: 16,
    members: [
      { name: 'flags', type: 1, bitOffset: 3, bitSize: 5 },
      { name: '', type: 5, bitOffset: 64, bitSize: 0 },
    ],
  },
  { kind: 'union', name: '', size: 8, members: [{ name: 'x', type: 1, bitOffset: 0, bitSize: 0 }] },
  {
    kind: 'enum',
    name: 'e',
    size: 4,
    signed: true,
    values: [
      { name: 'LOW', value: -(2 ** 31) },
      { name: 'HIGH', value: 2 ** 31 - 1 },
    ],
  },
  { kind: 'fwd', name: 'later', declares: 'union' },
  { kind: 'typedef', name: 'long_t', type: 1 },
  { kind: 'volatile', type: 8 },
  { kind: 'const', type: 9 },
  { kind: 'restrict', type: 2 },
  { kind: 'func', name: 'main', type: 13, linkage: 'global' },
  {
    kind: 'func_proto',
    returnType: 1,
    params: [
      { name: 'naïve', type: 8 },
      { name: '', type: 0 },
    ],
  },
  { kind: 'var', name: 'counter', type: 1, linkage: 'extern' },
  { kind: 'datasec', name: '.data', size: 8, variables: [{ type: 14, offset: 0, size: 8 }] },
  { kind: 'float', name: 'double', size: 8 },
  { kind: 'decl_tag', name: 'user', type: 4, component: -1, attribute: false },
  { kind: 'type_tag', name: 'rcu', type: 4, attribute: true },
  {
    kind: 'enum64',
    name: 'wide',
    size: 8,
    signed: false,
    values: [{ name: 'ALL', value: 2n ** 64n - 1n }],
  },
  { kind: 'enum', name: 'plain', size: 1, signed: false, values: [{ name: 'MAX', value: 0xffff_ffff }] },
  { kind: 'enum64', name: 'signed', size: 8, signed: true, values: [{ name: 'MIN', value: -(2n ** 63n) }] },
];

function build(
  types: readonly BtfNewType[],
  options: { littleEndian?: boolean; base?: Btf } = {},
): Uint8Array {
  const builder = new BtfBuilder(options);
  for (const type of types) builder.add(type);
  return builder.build();
}

for (const littleEndian of [true, false]) {
  test(`every kind survives encoding and parsing, ${littleEndian ? 'little' : 'big'}-endian`, () => {
    const btf = Btf.parse(build(ONE_OF_EACH, { littleEndian }));
    assert.equal(btf.littleEndian, littleEndian);
    assert.equal(btf.typeCount, ONE_OF_EACH.length);
    assert.equal(new Set(ONE_OF_EACH.map((type) => type.kind)).size, 19);
    assert.deepEqual(
      ONE_OF_EACH.map((_, i) => btf.type(i + 1)),
      ONE_OF_EACH,
    );
    assert.deepEqual(btf.type(0), { kind: 'void' });
  });
}

test('a blob may lie at any place in its buffer', () => {
  const bytes = build(ONE_OF_EACH);
  for (const offset of [1, 2, 4]) {
    const moved = new Uint8Array(bytes.length + offset);
    moved.set(bytes, offset);
    assert.deepEqual(Btf.parse(moved.subarray(offset)).type(4), ONE_OF_EACH[3]);
  }
});

test('the bytes are those of the kernel format', () => {
  const bytes = build([
    { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
  ]);
  const header = '9feb0100 18000000 00000000 10000000 10000000 05000000';
  const type = '01000000 00000001 04000000 20000001';
  const strings = '00 696e7400';
  assert.equal(Buffer.from(bytes).toString('hex'), `${header}${type}${strings}`.replaceAll(' ', ''));
});

test('types are found by kind and name, the lowest id first', () => {
  const bytes = build([
    { kind: 'fwd', name: 'task', declares: 'struct' },
    { kind: 'struct', name: 'task', size: 0, members: [] },
    { kind: 'struct', name: 'task', size: 4, members: [] },
    { kind: 'typedef', name: 'naïve', type: 2 },
  ]);
  const searchedOften = Btf.parse(bytes);
  for (let i = 0; i < 10; i++) searchedOften.find('any', 'absent');
  for (const btf of [Btf.parse(bytes), searchedOften]) {
    assert.deepEqual([...btf.findAll('struct', 'task')], [2, 3]);
    assert.equal(btf.find('any', 'task'), 1);
    assert.equal(btf.find('struct', 'task'), 2);
    assert.equal(btf.get('typedef', 'naïve'), 4);
    assert.equal(btf.find('union', 'task'), undefined);
    for (const absent of ['tas', 'task2', '', 'task\0', 'ask']) {
      assert.equal(btf.find('any', absent), undefined);
    }
  }
  assert.deepEqual([...searchedOften.names('struct')], ['task', 'task']);
  assert.deepEqual([...searchedOften.names('any')], ['task', 'task', 'task', 'naïve']);
});

test('a name that does not exist is answered with the nearest', () => {
  const btf = Btf.parse(build([{ kind: 'struct', name: 'task_struct', size: 0, members: [] }]), {
    name: 'vmlinux',
  });
  assert.throws(
    () => btf.get('struct', 'task_strukt'),
    (error) =>
      error instanceof NotFoundError &&
      error.message === 'vmlinux has no struct "task_strukt"' &&
      error.remedy.includes('task_struct'),
  );
  for (const id of [2, -1, 1.5, Number.NaN]) assert.throws(() => btf.type(id), ArgumentError);
});

test('split BTF goes on where its base ends', () => {
  const base = Btf.parse(build(ONE_OF_EACH), { name: 'vmlinux' });
  const first = base.typeCount + 1;
  const types: BtfNewType[] = [
    {
      kind: 'struct',
      name: 'of_module',
      size: 8,
      members: [{ name: 'counter', type: 1, bitOffset: 0, bitSize: 0 }],
    },
    { kind: 'typedef', name: 'long_t', type: first },
  ];
  const split = Btf.parse(build(types, { base }), { base, name: 'module' });
  assert.equal(split.typeCount, base.typeCount + 2);
  assert.equal(split.get('struct', 'of_module'), first);
  assert.deepEqual(split.type(first), types[0]);
  assert.equal(split.type(1), base.type(1));
  assert.deepEqual([...split.findAll('typedef', 'long_t')], [8, first + 1]);
  assert.equal([...split.names('struct')].join(), 's,of_module');
  assert.equal(split.sizeof(split.get('struct', 'of_module')), 8);
  assert.equal(createDecoder<unknown>(split, first).size, 8);
});

test('split BTF may use the names of its base', () => {
  const base = Btf.parse(build([{ kind: 'typedef', name: 'shared', type: 0 }]));
  const bytes = build([{ kind: 'fwd', name: 'x', declares: 'struct' }], { base });
  // The name offset of the first type: "shared" is the string at 1 of the base.
  new DataView(bytes.buffer).setUint32(24, 1, true);
  const split = Btf.parse(bytes, { base });
  assert.equal(split.get('fwd', 'shared'), 2);
  assert.deepEqual(split.type(2), { kind: 'fwd', name: 'shared', declares: 'struct' });
});

test('split BTF without its base, or with another, is refused', () => {
  const base = Btf.parse(build(ONE_OF_EACH));
  const bytes = build([{ kind: 'fwd', name: 'of_module', declares: 'struct' }], { base });
  assert.throws(() => Btf.parse(bytes), ObjectFormatError);
  assert.throws(() => Btf.parse(bytes, { base: Btf.parse(build([])) }), ObjectFormatError);
  const bigEndian = Btf.parse(build(ONE_OF_EACH, { littleEndian: false }));
  assert.throws(() => Btf.parse(bytes, { base: bigEndian }), ObjectFormatError);
});

/** Asks a BTF for everything; errors must be typed. Returns how many types could be read. */
function exercise(bytes: Uint8Array): number {
  let read = 0;
  const attempt = (f: () => unknown): void => {
    try {
      f();
      read++;
    } catch (error) {
      assert.ok(error instanceof RingtailError, `${error}`);
    }
  };
  attempt(() => {
    const btf = Btf.parse(bytes);
    for (let id = 1; id <= btf.typeCount; id++) {
      attempt(() => btf.type(id));
      attempt(() => btf.sizeof(id));
      attempt(() => btf.alignof(id));
      attempt(() => btf.member(id, 'flags'));
      attempt(() => createDecoder(btf, id));
    }
    attempt(() => btf.find('any', 'long_t'));
    attempt(() => [...btf.names('any')]);
    attempt(() => btf.pointerSize);
  });
  return read;
}

test('a blob cut off anywhere is a typed error', () => {
  const bytes = build(ONE_OF_EACH);
  assert.ok(Btf.parse(bytes));
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => Btf.parse(bytes.subarray(0, length)), ObjectFormatError, `${length} bytes`);
  }
});

test('a damaged blob gives typed errors or other types, never anything else', () => {
  const whole = build(ONE_OF_EACH.map((type) => (type.kind === 'array' ? { ...type, count: 3 } : type)));
  let seed = 20_240_611;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let read = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = whole.slice();
    for (let flips = 0; flips <= round % 4; flips++) bytes[random(bytes.length)]! ^= 1 << random(8);
    read += exercise(bytes);
  }
  assert.ok(read > 5_000, `only ${read} reads succeeded: the damage hides what it should test`);
});

test('damage names the place', () => {
  const damage = (at: number, value: number, types: readonly BtfNewType[] = ONE_OF_EACH): Uint8Array => {
    const bytes = build(types);
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  const cases: [string, () => unknown, number][] = [
    ['magic', () => Btf.parse(damage(0, 1)), 0],
    ['version', () => Btf.parse(damage(0, 0x0002_eb9f)), 2],
    ['flags', () => Btf.parse(damage(0, 0x0101_eb9f)), 3],
    ['header length', () => Btf.parse(damage(4, 20)), 4],
    ['type section', () => Btf.parse(damage(12, 0xffff_fff0)), 8],
    ['string section', () => Btf.parse(damage(20, 0xffff_ffff)), 16],
    ['half a word of types', () => Btf.parse(damage(12, 14)), 12],
    ['misaligned types', () => Btf.parse(damage(8, 2, [])), 8],
    ['name', () => Btf.parse(damage(24, 0xffff)), 24],
    ['kind 0', () => Btf.parse(damage(28, 0)), 28],
    ['kind 20', () => Btf.parse(damage(28, 20 << 24)), 28],
    ['vlen', () => Btf.parse(damage(28, (4 << 24) | 0xffff)), 24],
    ['int size', () => Btf.parse(damage(32, 17)).type(1), 32],
    ['int bits', () => Btf.parse(damage(36, 65)).type(1), 36],
  ];
  for (const [what, parse, offset] of cases) {
    assert.throws(parse, (error) => error instanceof ObjectFormatError && error.offset === offset, what);
  }
});

test('strings must begin and end with a NUL', () => {
  const bytes = build([{ kind: 'fwd', name: 'x', declares: 'struct' }]);
  const noEnd = bytes.slice();
  noEnd[noEnd.length - 1] = 65;
  assert.throws(() => Btf.parse(noEnd), ObjectFormatError);
  const noBegin = bytes.slice();
  noBegin[noBegin.length - 3] = 65;
  assert.throws(() => Btf.parse(noBegin), ObjectFormatError);
});

test('many types whose names are the tails of one long string are indexed in no time', () => {
  const types = 150_000;
  const bytes = build([{ kind: 'fwd', name: 'a'.repeat(types), declares: 'struct' }]);
  const names = bytes.subarray(24 + 12);
  const many = new Uint8Array(24 + types * 12 + names.length);
  const out = new DataView(many.buffer);
  many.set(bytes.subarray(0, 24));
  out.setUint32(12, types * 12, true);
  out.setUint32(16, types * 12, true);
  for (let i = 0; i < types; i++) {
    many.set(bytes.subarray(24, 36), 24 + i * 12);
    out.setUint32(24 + i * 12, 1 + i, true);
  }
  many.set(names, 24 + types * 12);
  const started = cpuMs();
  const btf = Btf.parse(many);
  for (let i = 0; i < 10; i++) assert.equal(btf.find('fwd', 'aaa'), types - 2);
  assert.ok(cpuMs() - started < 2000);
});

test('texts of line information share the strings of names', () => {
  const builder = new BtfBuilder();
  builder.add({ kind: 'typedef', name: 'x', type: 0 });
  const offsets = ['main.c', 'x', '', 'x'.repeat(5000)].map((text) => builder.addString(text));
  const btf = Btf.parse(builder.build());
  assert.deepEqual(
    offsets.map((offset) => btf.string(offset)),
    ['main.c', 'x', '', 'x'.repeat(5000)],
  );
  assert.deepEqual([offsets[1], offsets[2]], [1, 0]);
  assert.throws(() => btf.string(btf.stringLimit), ObjectFormatError);
});

test('a name is at most 4 KiB long', () => {
  const named = (length: number) =>
    Btf.parse(build([{ kind: 'typedef', name: 'x'.repeat(length), type: 0 }]));
  assert.equal([...named(4096).names('typedef')][0]?.length, 4096);
  assert.throws(() => named(4097).type(1), ObjectFormatError);
});

test('the builder refuses what the format cannot hold', () => {
  const refuse = (type: BtfNewType): void => {
    assert.throws(() => build([type]), ArgumentError, type.kind);
  };
  refuse({ kind: 'ptr', type: 2 });
  refuse({ kind: 'ptr', type: -1 });
  refuse({ kind: 'ptr', type: 2 ** 32 });
  refuse({ kind: 'float', name: 'f', size: 0.5 });
  refuse({ kind: 'typedef', name: 'a\0b', type: 0 });
  refuse({ kind: 'enum', name: '', size: 4, signed: true, values: [{ name: 'A', value: 2 ** 31 }] });
  refuse({ kind: 'enum', name: '', size: 4, signed: false, values: [{ name: 'A', value: -1 }] });
  refuse({ kind: 'enum64', name: '', size: 8, signed: false, values: [{ name: 'A', value: -1n }] });
  refuse({ kind: 'func_proto', returnType: 0, params: Array(65_536).fill({ name: '', type: 0 }) });
  refuse({
    kind: 'struct',
    name: '',
    size: 2 ** 22,
    members: [
      { name: 'a', type: 0, bitOffset: 2 ** 24, bitSize: 0 },
      { name: 'b', type: 0, bitOffset: 0, bitSize: 1 },
    ],
  });
});

test('flavours of a name are found with it, by the last ___ between other characters', () => {
  const builder = new BtfBuilder();
  const names = [
    'task',
    'task___2',
    'task____',
    '___task',
    'task_____x',
    'task____x',
    'task___a___b',
    'other',
    'task___2',
  ];
  const ids = names.map((name) => builder.add({ kind: 'fwd', name, declares: 'struct' }));
  const btf = Btf.parse(builder.build());
  const found = (name: string) => [...btf.findFlavors(name)].map((id) => names[ids.indexOf(id)]);
  assert.deepEqual(found('task'), ['task', 'task___2', 'task___2']);
  assert.deepEqual(found('task___a'), ['task___a___b']);
  assert.deepEqual(found('___task'), ['___task']);
  assert.deepEqual(found('task____x'), ['task____x']);
  assert.deepEqual(found(''), []);
  // The index by which plain names are found holds flavours too.
  for (let i = 0; i < 8; i++) assert.deepEqual([...btf.findAll('any', 'task___2')], [ids[1], ids[8]]);
});

test('offsetOf: a member by the name of its struct, in bytes', () => {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  b.add({
    kind: 'struct',
    name: 'event',
    size: 8,
    members: [
      { name: 'pid', type: u32, bitOffset: 32, bitSize: 0 },
      { name: 'flag', type: u32, bitOffset: 3, bitSize: 1 },
    ],
  });
  const btf = Btf.parse(b.build());
  assert.equal(btf.offsetOf('event', 'pid'), 4);
  assert.throws(() => btf.offsetOf('event', 'flag'), ArgumentError);
  assert.throws(() => btf.offsetOf('event', 'pdi'), NotFoundError);
});
