import assert from 'node:assert/strict';
import test from 'node:test';
import type { BtfBuilder } from '../../btf/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import type { ObjectSpec } from '../object.ts';
import { defineMap, mapsSection, type NewObject } from './object.test.support.ts';
import { parse, RETURN, refuses, withMap } from './parse-object.test.support.ts';

for (const littleEndian of [true, false]) {
  test(`a map is what its definition says, ${littleEndian ? 'little' : 'big'} endian`, () => {
    const attributes = {
      type: 1,
      max_entries: 3,
      key: { type: 1 },
      value_size: 12,
      map_flags: 5,
      numa_node: 1,
      map_extra: 9,
      pinning: 1,
    };
    const spec = parse({ ...withMap(attributes, (b) => b.int('u64', 8)), littleEndian });
    const [{ key, ...map }] = spec.maps as [ObjectSpec['maps'][0]];
    assert.deepEqual(map, {
      name: 'map',
      type: 'HASH',
      maxEntries: 3,
      keySize: 8,
      valueSize: 12,
      flags: 5,
      numaNode: 1,
      extra: 9n,
      pinning: 'name',
    });
    assert.deepEqual([key!.id, key!.btf], [1, spec.btf]);
    const [load] = spec.programs[0]!.instructions;
    assert.deepEqual([load!.src, load!.reference], [1, { kind: 'map', name: 'map' }]);
    // The kernel wants sections with their size.
    const section = spec.btf!.type(spec.btf!.get('datasec', '.maps'));
    assert.ok(section.kind === 'datasec' && section.size === 64);
  });
}

test('definitions that libbpf does not take are refused', () => {
  refuses(withMap({ max_entries: 1 }), /a type: __uint/);
  refuses(withMap({ type: 1, colour: 2 }), /not "colour"/);
  refuses(
    withMap({ type: 1, key: { type: 1 }, key_size: 4 }, (b) => b.int('u64', 8)),
    /agree with a size of 8 bytes, not 4/,
  );
  refuses(withMap({ type: 1, key: { type: 0 } }), /sound types/);
  refuses(withMap({ type: 1, pinning: 2 }), /pinning/);
  refuses(
    withMap({ type: 1, max_entries: { type: 1 } }, (b) => b.int('u64', 8)),
    /__uint\(max_entries/,
  );
  refuses({ ...withMap({ type: 1 }), btf: () => {} }, /BTF of section ".maps"/);
  refuses(
    { ...withMap({ type: 1 }), symbols: [{ name: 'other', section: '.maps' }] },
    /variable "map" to be among the symbols/,
  );
  assert.throws(() => parse(withMap({ type: 999 })), NotSupportedError);
});

test('maps at one place are refused', () => {
  const object = withMap({ type: 1 });
  const twice = {
    ...object,
    btf: (b: BtfBuilder) => mapsSection(b, { map: { type: 1 }, other: { type: 1 } }),
  };
  refuses(
    { ...twice, symbols: [...object.symbols!, { name: 'other', section: '.maps', type: 1 }] },
    /not to overlap/,
  );
});

test('the type of a ring is that of its records', () => {
  const spec = parse(withMap({ type: 27, max_entries: 5000, value: { type: 1 } }, (b) => b.int('u64', 8)));
  const [{ event, ...ring }] = spec.maps as [ObjectSpec['maps'][0]];
  assert.deepEqual(ring, { name: 'map', type: 'RINGBUF', maxEntries: 5000, roundUp: true });
  assert.equal(event!.id, 1);
});

test('maps and programs that a map holds at first are found by relocation', () => {
  const values = (b: BtfBuilder, name: string, type: number, pointee: number) => {
    const int = b.int('int', 4, 'signed');
    const uint = (count: number) =>
      b.add({ kind: 'ptr', type: b.add({ kind: 'array', type: int, indexType: int, count }) });
    const array = b.add({
      kind: 'array',
      type: b.add({ kind: 'ptr', type: pointee }),
      indexType: int,
      count: 0,
    });
    const members = [uint(type), uint(4), array].map((type, i) => ({
      name: ['type', 'key_size', 'values'][i]!,
      type,
      bitOffset: i * 64,
      bitSize: 0,
    }));
    return b.add({
      kind: 'var',
      name,
      type: b.add({ kind: 'struct', name: '', size: 16, members }),
      linkage: 'global',
    });
  };
  const object: NewObject = {
    btf: (b) => {
      const inner = defineMap(b, 'inner', { type: 2, max_entries: 1 });
      const struct = inner - 1;
      const proto = b.add({ kind: 'func_proto', returnType: 0, params: [] });
      const variables = [
        { type: inner, offset: 0, size: 16 },
        { type: values(b, 'outer', 12, struct), offset: 0, size: 40 },
        { type: values(b, 'programs', 3, proto), offset: 0, size: 24 },
      ];
      b.add({ kind: 'datasec', name: '.maps', size: 0, variables });
    },
    sections: [{ name: '.maps', flags: 3, data: new Uint8Array(80) }],
    symbols: [
      { name: 'inner', section: '.maps', type: 1 },
      { name: 'outer', section: '.maps', type: 1, value: 16 },
      { name: 'programs', section: '.maps', type: 1, value: 56 },
    ],
    functions: [{ name: 'main', section: 'socket', code: RETURN }],
    relocations: { '.maps': { 48: 'inner', 72: 'main' } },
  };
  const [inner, outer, programs] = parse(object).maps;
  assert.deepEqual(inner!.slots, undefined);
  assert.deepEqual(outer!.slots, [undefined, undefined, 'inner']);
  assert.deepEqual([outer!.inner?.name, outer!.inner?.type], ['outer.inner', 'ARRAY']);
  assert.deepEqual(programs!.slots, ['main']);
  refuses({ ...object, relocations: { '.maps': { 72: 'inner' } } }, /a program or map as value/);
  refuses({ ...object, relocations: { '.maps': { 4: 'inner' } } }, /a value of map "inner"/);
  refuses({ ...object, relocations: { '.maps': { 50: 'inner' } } }, /a value of map "outer"/);
});
