import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder } from '../btf/index.ts';
import { ArgumentError, NotFoundError } from '../errors/index.ts';
import type { VariableSpec } from '../spec/index.ts';
import { kconfigContents } from './kconfig.ts';

const builder = new BtfBuilder();
const char = builder.int('char', 1, 'char');
const ids = {
  bool: builder.int('bool', 1, 'bool'),
  char,
  s16: builder.int('short', 2, 'signed'),
  u64: builder.int('u64', 8),
  text: builder.add({ kind: 'array', type: char, indexType: char, count: 4 }),
  tristate: builder.add({ kind: 'enum', name: 'libbpf_tristate', size: 4, signed: false, values: [] }),
  other: builder.add({ kind: 'enum', name: 'other', size: 4, signed: false, values: [] }),
};
const btf = Btf.parse(builder.build());

function contents(type: keyof typeof ids, value: string | undefined, weak = false): number[] {
  const size = btf.sizeof(ids[type]);
  const variable: VariableSpec = {
    name: 'CONFIG_X',
    map: '.kconfig',
    offset: 2,
    size,
    type: { btf, id: ids[type] },
    linkage: 'global',
    weak,
  };
  return [...kconfigContents(size + 2, [variable], () => value)].slice(2);
}

test('an option becomes what the type of its variable holds', () => {
  assert.deepEqual(contents('bool', 'y'), [1]);
  assert.deepEqual(contents('bool', 'n'), [0]);
  assert.deepEqual(contents('char', 'm'), [0x6d]);
  assert.deepEqual(contents('tristate', 'm'), [2, 0, 0, 0]);
  assert.deepEqual(contents('s16', '-2'), [0xfe, 0xff]);
  assert.deepEqual(contents('u64', '0xffffffffffffffff'), Array(8).fill(0xff));
  assert.deepEqual(contents('text', '"ab"'), [0x61, 0x62, 0, 0]);
  assert.deepEqual(contents('text', '"abcdef"'), [0x61, 0x62, 0x63, 0]);
});

test('an option that the kernel does not have is 0 if weak, else an error', () => {
  assert.deepEqual(contents('u64', undefined, true), Array(8).fill(0));
  assert.throws(() => contents('u64', undefined), NotFoundError);
});

test('a value that the type cannot hold is refused', () => {
  for (const [type, value] of [
    ['bool', 'm'],
    ['bool', '2'],
    ['u64', 'y'],
    ['u64', '"a"'],
    ['u64', '1.5'],
    ['s16', '32768'],
    ['u64', '-1'],
    ['tristate', '1'],
    ['other', 'y'],
    ['text', '5'],
  ] as const) {
    assert.throws(() => contents(type, value), ArgumentError, `${type} ${value}`);
  }
});
