import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { layoutLines } from './layout-lines.ts';
import type { BtfMember } from './types.ts';

const at = (name: string, type: number, bitOffset: number, bitSize = 0): BtfMember => ({
  name,
  type,
  bitOffset,
  bitSize,
});

test('a line for each member tells all that a decoder depends on, and no names of types', () => {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const s64 = b.int('long', 8, 'signed');
  const char = b.int('char', 1, 'char');
  const bool = b.int('_Bool', 1, 'bool');
  const u8 = b.int('unsigned char', 1);
  const int128 = b.int('__int128', 16, 'signed');
  const array = (type: number, count: number) => b.add({ kind: 'array', type, indexType: u32, count });
  const point = b.add({
    kind: 'struct',
    name: 'point',
    size: 8,
    members: [at('x', u32, 0), at('y', u32, 32)],
  });
  const either = b.add({
    kind: 'union',
    name: '',
    size: 8,
    members: [at('word', u32, 0), at('long', s64, 0)],
  });
  const double = b.add({ kind: 'float', name: 'double', size: 8 });
  const values = [{ name: 'A', value: -1 }];
  const mode = b.add({ kind: 'enum', name: 'mode', size: 4, signed: true, values });
  const members = [
    at('pid', b.add({ kind: 'typedef', name: 'pid_t', type: u32 }), 0),
    at('flag', u32, 35, 3),
    at('', either, 64),
    at('origin', point, 128),
    at('path', array(point, 2), 192),
    at('grid', array(array(u32, 3), 2), 320),
    at('comm', array(char, 16), 512),
    at('names', array(array(char, 4), 2), 640),
    at('mac', array(u8, 6), 704),
    at('ok', bool, 752),
    at('mode', mode, 768),
    at('parent', b.add({ kind: 'ptr', type: 0 }), 832),
    at('load', double, 896),
    at('wide', int128, 1024),
    at('a: "b"', u32, 1152),
    at('rest', array(char, 0), 1184),
  ];
  const event = b.add({ kind: 'struct', name: 'event', size: 152, members });
  assert.deepEqual(layoutLines(Btf.parse(b.build()), event), [
    'struct of 152 bytes',
    'pid: u32 @0',
    'flag: u3 @4:3',
    'word: u32 @8',
    'long: s64 @8',
    'origin: struct of 8 bytes @16',
    'origin.x: u32 @0',
    'origin.y: u32 @4',
    'path: struct of 8 bytes[2] @24',
    'path[].x: u32 @0',
    'path[].y: u32 @4',
    'grid: u32[2][3] @40',
    'comm: char[16] @64',
    'names: char[2][4] @80',
    'mac: u8[6] @88',
    'ok: bool of u8 @94',
    'mode: s32 @96',
    'parent: u64 @104',
    'load: f64 @112',
    'wide: s128 @128',
    '"a: \\"b\\"": u32 @144',
    'rest: char[] @148',
  ]);
});

test('a type that is no struct is one line', () => {
  const b = new BtfBuilder();
  const u64 = b.int('unsigned long', 8);
  const list = b.add({ kind: 'array', type: u64, indexType: u64, count: 4 });
  const btf = Btf.parse(b.build());
  assert.deepEqual([layoutLines(btf, u64), layoutLines(btf, list)], [['u64'], ['u64[4]']]);
});
