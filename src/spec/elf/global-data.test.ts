import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError } from '../../errors/index.ts';
import { setVariables } from '../index.ts';
import type { NewObject } from './object.test.support.ts';
import { ADDRESS, CALL, EXIT, parse, refuses } from './parse-object.test.support.ts';

/** A variable in each kind of data, and in the kernel. */
function withData(littleEndian = true): NewObject {
  return {
    littleEndian,
    btf: (b) => {
      const int = b.int('int', 4, 'signed');
      const bool = b.int('bool', 1, 'bool');
      const proto = b.add({ kind: 'func_proto', returnType: int, params: [{ name: '', type: int }] });
      const section = (name: string, ...variables: { type: number; offset?: number; size?: number }[]) =>
        b.add({
          kind: 'datasec',
          name,
          size: 0,
          variables: variables.map((v) => ({ offset: 0, size: 4, ...v })),
        });
      const variable = (name: string, type: number, linkage: 'static' | 'global' | 'extern') =>
        b.add({ kind: 'var', name, type, linkage });
      section('.rodata', { type: variable('limit', int, 'static'), offset: 4 });
      section(
        '.data.mine',
        { type: variable('second', int, 'global') },
        { type: variable('first', int, 'global') },
      );
      section('.bss', { type: variable('hidden', int, 'global') });
      section(
        '.kconfig',
        { type: variable('CONFIG_B', bool, 'extern'), size: 1 },
        { type: variable('CONFIG_A', int, 'extern') },
      );
      section(
        '.ksyms',
        { type: b.add({ kind: 'func', name: 'kfunc', type: proto, linkage: 'extern' }) },
        { type: variable('typed', bool, 'extern') },
        { type: variable('untyped', 0, 'extern') },
      );
    },
    sections: [
      { name: '.rodata', flags: 2, data: new Uint8Array(8).fill(1) },
      { name: '.data.mine', flags: 3, data: new Uint8Array(8).fill(2) },
      { name: '.bss', flags: 3, type: 8, size: 4 },
    ],
    symbols: [
      { name: 'rodata', section: '.rodata', type: 3, binding: 0 },
      { name: 'first', section: '.data.mine', type: 1 },
      { name: 'second', section: '.data.mine', type: 1, value: 4 },
      { name: 'hidden', section: '.bss', type: 1, visibility: 2 },
      ...['CONFIG_A', 'typed'].map((name) => ({ name })),
      ...['CONFIG_B', 'untyped', 'kfunc'].map((name) => ({ name, binding: 2 })),
    ],
    functions: [
      {
        name: 'main',
        section: 'socket',
        code: [
          { ...ADDRESS, imm: 4, imm64: 4n },
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          ADDRESS,
          CALL,
          EXIT,
        ],
        relocations: {
          0: 'rodata',
          1: 'second',
          2: 'CONFIG_A',
          3: 'CONFIG_B',
          4: 'typed',
          5: 'untyped',
          6: 'kfunc',
          7: 'kfunc',
        },
      },
    ],
  };
}

for (const littleEndian of [true, false]) {
  test(`global data, options and symbols of the kernel, ${littleEndian ? 'little' : 'big'} endian`, () => {
    const spec = parse(withData(littleEndian));
    assert.deepEqual(
      spec.maps.map(({ name, kernelName, valueSize, flags, frozen, contents }) => [
        name,
        kernelName,
        valueSize,
        flags,
        frozen,
        contents?.[0],
      ]),
      [
        ['.rodata', 'sample.rodata', 8, 0x80, true, 1],
        ['.data.mine', '.data.mine', 8, 0x400, undefined, 2],
        ['.bss', 'sample.bss', 4, 0, undefined, undefined],
        ['.kconfig', 'sample.kconfig', 5, 0x480, true, undefined],
      ],
    );
    assert.deepEqual(
      spec.variables!.map(({ name, map, offset, size, linkage, weak }) => [
        name,
        map,
        offset,
        size,
        linkage,
        weak,
      ]),
      [
        ['limit', '.rodata', 4, 4, 'static', undefined],
        ['first', '.data.mine', 0, 4, 'global', undefined],
        ['second', '.data.mine', 4, 4, 'global', undefined],
        ['hidden', '.bss', 0, 4, 'static', undefined],
        ['CONFIG_A', '.kconfig', 0, 4, 'global', undefined],
        ['CONFIG_B', '.kconfig', 4, 1, 'global', true],
      ],
    );
    const { btf } = spec;
    const [bool, proto] = [btf!.get('int', 'bool'), 3];
    assert.deepEqual(
      spec.programs[0]!.instructions.slice(0, 8).map(({ src, reference }) => [src, reference]),
      [
        [2, { kind: 'mapValue', name: '.rodata', offset: 4 }],
        [2, { kind: 'mapValue', name: '.data.mine', offset: 4 }],
        [2, { kind: 'mapValue', name: '.kconfig', offset: 0 }],
        [2, { kind: 'mapValue', name: '.kconfig', offset: 4 }],
        [3, { kind: 'ksym', name: 'typed', type: bool }],
        [0, { kind: 'ksym', name: 'untyped', weak: true }],
        [3, { kind: 'kfunc', name: 'kfunc', weak: true, type: proto }],
        [2, { kind: 'kfunc', name: 'kfunc', weak: true, type: proto }],
      ],
    );
    // Externs as the kernel takes them: global ints of 4 bytes, functions behind one variable.
    const ksyms = btf!.type(btf!.get('datasec', '.ksyms'));
    assert.ok(ksyms.kind === 'datasec');
    assert.deepEqual(
      ksyms.variables.map(({ type, offset, size }) => {
        const variable = btf!.type(type);
        return [variable.kind === 'var' && [variable.name, variable.type, variable.linkage], offset, size];
      }),
      [
        [['dummy_ksym', 1, 'global'], 0, 4],
        [['typed', 1, 'global'], 4, 4],
        [['untyped', 1, 'global'], 8, 4],
      ],
    );
    const prototype = btf!.type(proto);
    assert.ok(prototype.kind === 'func_proto' && prototype.params[0]!.name === 'dummy_ksym');
  });
}

test('data and externs that do not fit are refused', () => {
  const data = withData();
  refuses(
    {
      ...data,
      sections: data.sections!.map((s) => (s.name === '.rodata' ? { ...s, data: new Uint8Array(6) } : s)),
    },
    /variable "limit" within/,
  );
  refuses(
    {
      ...data,
      sections: data.sections!.filter(({ name }) => name !== '.bss'),
      symbols: data.symbols!.map((s) => ({
        ...s,
        section: s.section === '.bss' ? '.rodata' : s.section,
      })) as never,
    },
    /no section ".bss"/,
  );
  refuses({ ...data, symbols: [...data.symbols!, { name: 'unknown' }] }, /BTF of extern "unknown"/);
  refuses({ ...data, symbols: [...data.symbols!, { name: 'limit' }] }, /BTF of extern "limit"/);
  refuses(
    { ...data, sections: data.sections!.map((s) => (s.name === '.bss' ? { ...s, size: 2 ** 33 } : s)) },
    /less than 4 GiB/,
  );
});

test('a variable beyond its section is refused, though its place would fit when cut to 32 bits', () => {
  const data = withData();
  const symbols = data.symbols!.map((s) => (s.name === 'hidden' ? { ...s, value: 2 ** 32 } : s));
  refuses({ ...data, symbols }, /variable "hidden" within the 4 bytes/);
});

test('variables are set before the object is loaded', () => {
  for (const littleEndian of [true, false]) {
    const spec = parse(withData(littleEndian));
    const changed = setVariables(spec, { limit: 5, first: -2, hidden: 1 });
    const word = (value: number): number[] => {
      const bytes = [...new Uint8Array(Int32Array.of(value).buffer)];
      return littleEndian ? bytes : bytes.reverse();
    };
    assert.deepEqual(
      changed.maps.map(({ contents }) => contents && [...contents]),
      [[1, 1, 1, 1, ...word(5)], [...word(-2), 2, 2, 2, 2], word(1), undefined],
    );
    assert.deepEqual([...spec.maps[0]!.contents!], Array(8).fill(1));
    assert.throws(() => setVariables(spec, { limits: 5 }), /Near it|no variable "limits"/);
    assert.throws(() => setVariables(spec, { CONFIG_A: 5 }), ArgumentError);
    assert.throws(
      () => setVariables(spec, { limit: 2 ** 40 }),
      /^ArgumentError: variable limit must be a whole/,
    );
  }
});
