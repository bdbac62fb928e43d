import assert from 'node:assert/strict';
import test from 'node:test';
import type { BtfType } from '../../btf/index.ts';
import { everyKind } from './every-kind.test.support.ts';
import { KERNEL_FEATURES, type KernelFeature } from './features.ts';
import { sanitizeBtf } from './sanitize-btf.ts';

const { btf, ids } = everyKind();

function without(...features: KernelFeature[]): (name: string) => BtfType {
  const sanitized = sanitizeBtf(btf, (feature) => features.includes(feature));
  return (name) => sanitized.type(ids[name]!);
}

test('a kernel that has all kinds gets the types as they are', () => {
  assert.equal(
    sanitizeBtf(btf, () => false),
    btf,
  );
});

test('a kernel is asked for the kinds that are there, and no others', () => {
  const asked = new Set<KernelFeature>();
  const ask = (feature: KernelFeature): boolean => {
    asked.add(feature);
    return false;
  };
  sanitizeBtf(btf, ask);
  const kinds = KERNEL_FEATURES.filter((feature) => feature.startsWith('btf_'));
  assert.deepEqual([...asked].sort(), kinds.sort());
  asked.clear();
  // What stands in for the others uses none of them.
  sanitizeBtf(
    sanitizeBtf(btf, () => true),
    ask,
  );
  assert.deepEqual([...asked], []);
});

test('sections become structs, and their variables integers of a byte', () => {
  const type = without('btf_datasec');
  const { kind, name } = type('variable') as Extract<BtfType, { kind: 'int' }>;
  assert.deepEqual([kind, name], ['int', 'counter']);
  assert.deepEqual(type('section'), {
    kind: 'struct',
    name: '_data_x',
    size: 8,
    members: [{ name: 'counter', type: ids['variable']!, bitOffset: 32, bitSize: 0 }],
  });
});

test('a section loses the ? before its name', () => {
  const { name, kind } = without('btf_qmark_datasec')('optional') as Extract<BtfType, { kind: 'datasec' }>;
  assert.deepEqual([kind, name], ['datasec', '_.data']);
  assert.equal(without('btf_qmark_datasec')('section').kind, 'datasec');
});

test('functions become static, or names of types', () => {
  assert.deepEqual(without('btf_global_func')('global'), {
    kind: 'func',
    name: 'shown',
    type: ids['prototype']!,
    linkage: 'static',
  });
  const type = without('btf_func');
  assert.deepEqual(type('global'), { kind: 'typedef', name: 'shown', type: ids['prototype']! });
  const prototype = type('unnamed') as Extract<BtfType, { kind: 'enum' }>;
  assert.deepEqual(
    prototype.values.map(({ name }) => name),
    ['a', 'arg1'],
  );
});

test('floats, tags and 64-bit enums become what has their size', () => {
  const type = without('btf_float', 'btf_decl_tag', 'btf_type_tag', 'btf_enum64');
  assert.deepEqual(type('float'), { kind: 'struct', name: '', size: 8, members: [] });
  assert.equal(type('declTag').kind, 'int');
  assert.deepEqual(type('typeTag'), { kind: 'const', type: ids['int']! });
  const members = ['HUGE', 'LEAST'].map((name) => ({
    name,
    type: btf.typeCount + 1,
    bitOffset: 0,
    bitSize: 0,
  }));
  assert.deepEqual(type('enum64'), { kind: 'union', name: 'large', size: 8, members });
  assert.deepEqual(type('signs'), {
    kind: 'enum',
    name: 'signs',
    size: 4,
    signed: false,
    values: [{ name: 'MINUS', value: 0xffff_ffff }],
  });
});
