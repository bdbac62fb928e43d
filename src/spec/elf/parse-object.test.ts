import assert from 'node:assert/strict';
import test from 'node:test';
import { type Instruction, ProgramBuilder, R0, R1, R2, R3 } from '../../asm/index.ts';
import { type BtfBuilder, BtfBuilder as Builder } from '../../btf/index.ts';
import { ArgumentError, NotSupportedError, ObjectFormatError } from '../../errors/index.ts';
import { parseObject, setVariables } from '../index.ts';
import type { ObjectSpec } from '../object.ts';
import { btfExt, defineMap, makeObject, mapsSection, type NewObject } from './object.test.support.ts';

const EXIT: Instruction = { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 };
const RETURN = [{ opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 }, EXIT];
/** A call as compilers write it: the distance is to be relocated from the start of the symbol. */
const CALL: Instruction = { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: -1 };
const ADDRESS: Instruction = { opcode: 0x18, dst: 1, src: 0, offset: 0, imm: 0, imm64: 0n };
const calls = (...names: string[]): { code: Instruction[]; relocations: Record<number, string> } => ({
  code: [...names.map(() => CALL), EXIT],
  relocations: Object.fromEntries(names.entries()),
});
const symbols = (spec: ObjectSpec, program = 0): (string | undefined)[] =>
  spec.programs[program]!.instructions.flatMap(({ symbol }) => symbol ?? []);
const parse = (object: NewObject): ObjectSpec =>
  parseObject(makeObject(object), { name: 'dir/sample.bpf.o' });

function refuses(object: NewObject, expected: RegExp): void {
  assert.throws(
    () => parse(object),
    (error) => {
      assert.ok(error instanceof ObjectFormatError, String(error));
      assert.match(error.message, expected);
      return true;
    },
  );
}

test('functions follow in the order in which calls of them are met, callees first', () => {
  const spec = parse({
    functions: [
      { name: 'a', section: '.text', ...calls('c') },
      { name: 'b', section: '.text', ...calls('c', 'd') },
      { name: 'c', section: '.text', code: RETURN },
      { name: 'd', section: '.text', ...calls('b') },
      { name: 'unused', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', ...calls('b', 'a', 'b') },
      { name: 'other', section: '?socket', ...calls('a') },
    ],
    sections: [{ name: 'license', data: new TextEncoder().encode('GPL\0tail') }],
  });
  assert.deepEqual(
    spec.programs.map(({ name, section, autoload }) => [name, section, autoload]),
    [
      ['main', 'socket', undefined],
      ['other', 'socket', false],
    ],
  );
  assert.deepEqual(symbols(spec), ['main', 'b', 'c', 'd', 'a']);
  assert.deepEqual(symbols(spec, 1), ['other', 'a', 'c']);
  // main: 3 calls and exit; b at slot 4, c at 7, d at 9, a at 11.
  const distances = spec.programs[0]!.instructions.filter(({ reference }) => reference).map(({ imm }) => imm);
  assert.deepEqual(distances, [3, 9, 1, 2, 3, -6, -5]);
  assert.deepEqual([spec.name, spec.license, spec.byteOrder], ['sample', 'GPL', 'little']);
});

test('a static function is called by the offset from its section, or without relocation from its own', () => {
  const static_ = 0;
  const text = [
    { name: 'first', section: '.text', code: RETURN, binding: static_ },
    // Its own section: the distance is already right.
    { name: 'second', section: '.text', code: [{ ...CALL, imm: -3 }, EXIT], binding: static_ },
  ];
  const spec = parse({
    symbols: [{ name: 'section', section: '.text', type: 3, binding: 0 }],
    functions: [
      ...text,
      { name: 'main', section: 'socket', code: [{ ...CALL, imm: 1 }, EXIT], relocations: { 0: 'section' } },
    ],
  });
  assert.deepEqual(symbols(spec), ['main', 'second', 'first']);
});

test('the address of a function is a distance in slots', () => {
  const spec = parse({
    functions: [
      { name: 'callback', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', code: [ADDRESS, EXIT], relocations: { 0: 'callback' } },
    ],
  });
  const [address] = spec.programs[0]!.instructions;
  assert.deepEqual(
    [address!.src, address!.imm64, address!.reference],
    [4, 2n, { kind: 'function', name: 'callback' }],
  );
});

test('two static functions of one name, of files linked together, stay apart', () => {
  const local = { section: '.text', binding: 0 };
  const spec = parse({
    symbols: [{ name: 'section', section: '.text', type: 3, binding: 0 }],
    functions: [
      { name: 'help', code: RETURN, ...local },
      { name: 'help', code: [EXIT], ...local },
      {
        name: 'main',
        section: 'socket',
        code: [CALL, { ...CALL, imm: 1 }, EXIT],
        relocations: { 0: 'section', 1: 'section' },
      },
    ],
  });
  assert.deepEqual(symbols(spec), ['main', 'help', 'help.2']);
});

test('a chain of ten thousand calls is followed', () => {
  const chain = Array.from({ length: 10_000 }, (_, i) => ({
    name: `f${i}`,
    section: '.text',
    ...(i < 9_999 ? calls(`f${i + 1}`) : { code: RETURN }),
  }));
  const spec = parse({ functions: [...chain, { name: 'main', section: 'socket', ...calls('f0') }] });
  assert.equal(symbols(spec).length, 10_001);
});

test('programs that together grow beyond measure are refused', () => {
  const long = {
    name: 'long',
    section: '.text',
    code: [...Array.from({ length: 5000 }, () => RETURN[0]!), EXIT],
  };
  const programs = Array.from({ length: 1000 }, (_, i) => ({
    name: `p${i}`,
    section: 'socket',
    ...calls('long'),
  }));
  refuses({ functions: [long, ...programs] }, /at most 4000000 instructions/);
});

test('functions that overlap, cross their section or are cut are refused', () => {
  const section = { name: 'socket', flags: 6, data: new Uint8Array(32) };
  const fn = (value: number, size: number) => ({
    name: `f${value}`,
    section: 'socket',
    value,
    size,
    type: 2,
  });
  refuses({ sections: [section], symbols: [fn(0, 16), fn(8, 16)] }, /not to overlap/);
  refuses({ sections: [section], symbols: [fn(24, 16)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(4, 8)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(8, 0)] }, /whole instructions/);
  refuses({ sections: [section], symbols: [fn(0, 32)] }, /sound code/);
});

test('relocations that make no sense are refused', () => {
  const main = (code: Instruction[], at: number, symbol: string): NewObject => ({
    functions: [
      { name: 'helper', section: '.text', code: RETURN },
      { name: 'main', section: 'socket', code, relocations: { [at]: symbol } },
    ],
    sections: [{ name: 'else', data: new Uint8Array(8) }],
    symbols: [
      { name: 'data', section: 'else' },
      { name: 'inside', section: '.text', value: 8 },
    ],
  });
  refuses(main([EXIT], 0, 'helper'), /relocation of a call or ld_imm64/);
  refuses(main([CALL, EXIT], 0, 'inside'), /a function at offset 8/);
  refuses(main([ADDRESS, EXIT], 0, 'data'), /not to section "else"/);
  refuses(main([{ ...CALL, src: 0, imm: 5 }, EXIT], 0, 'helper'), /call of a subprogram/);
  refuses(main([CALL, EXIT], 0, 'nothing'), /symbol "" to be defined/);
  const { functions, ...rest } = main([ADDRESS, EXIT], 0, 'helper');
  const relocatedAt = (offset: number): NewObject => ({
    ...rest,
    functions: functions!.map((f) => ({ ...f, relocations: {} })),
    relocations: { socket: { [offset]: 'helper' } },
  });
  refuses(relocatedAt(8), /middle/);
  refuses(relocatedAt(2 ** 40), /relocations within the 24 bytes of "socket"/);
});

/** One map with some attributes, and a program. */
function withMap(
  attributes: Record<string, number | { type: number }>,
  more: (b: BtfBuilder) => void = () => {},
): NewObject {
  const size = Object.keys(attributes).length * 8;
  return {
    btf: (b) => {
      more(b);
      mapsSection(b, { map: attributes });
    },
    sections: [{ name: '.maps', flags: 3, data: new Uint8Array(size) }],
    symbols: [{ name: 'map', section: '.maps', type: 1, size }],
    functions: [{ name: 'main', section: 'socket', code: [ADDRESS, EXIT], relocations: { 0: 'map' } }],
  };
}

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

test('.BTF.ext puts functions, lines and CO-RE relocations onto instructions', () => {
  for (const littleEndian of [true, false]) {
    const strings: Record<string, number> = {};
    const btf = (b: BtfBuilder): void => {
      const int = b.int('int', 4, 'signed');
      const proto = b.add({ kind: 'func_proto', returnType: int, params: [] });
      b.add({ kind: 'func', name: 'main', type: proto, linkage: 'global' });
      for (const text of ['socket', 'a.c', 'return 0;', '0:1']) strings[text] = b.addString(text);
    };
    btf(new Builder());
    const section = strings['socket']!;
    const line = [strings['a.c']!, strings['return 0;']!, (12 << 10) | 3];
    const object = (parts: readonly (readonly (readonly number[])[])[]): NewObject => ({
      littleEndian,
      btf,
      functions: [{ name: 'main', section: 'socket', code: RETURN }],
      sections: [
        {
          name: '.BTF.ext',
          data: btfExt(
            littleEndian,
            parts.map((records) => ({ sectionName: section, records })),
          ),
        },
      ],
    });
    const good = [[[0, 3]], [[0, ...line]], [[8, 1, strings['0:1']!, 2]]];
    assert.deepEqual(parse(object(good)).programs[0]!.instructions, [
      {
        ...RETURN[0],
        symbol: 'main',
        func: 3,
        source: { file: 'a.c', line: 12, column: 3, text: 'return 0;' },
      },
      { ...EXIT, relocation: { kind: 'field_exists', typeId: 1, access: '0:1' } },
    ]);
    refuses(
      object([
        [
          [0, 3],
          [0, 3],
        ],
        [],
        [],
      ]),
      /one func of the instruction at 0/,
    );
    refuses(object([[], [], [[0, 1, 1, 13]]]), /a kind of relocation below 13/);
    refuses(object([[], [], [[0, 9, 1, 0]]]), /a type from 1 to 3, not 9/);
    refuses(object([[], [[0, 0x7fffffff, 0, 0]], []]), /string offset/);
    refuses(object([[[0]], [], []]), /records of 8 bytes or more/);
  }
});

test('the type of events is guessed from their size, if one struct fits', () => {
  const struct = (b: BtfBuilder, name: string, size: number) =>
    b.add({ kind: 'struct', name, size, members: [] });
  const reserve = (size: number): Instruction[] => [
    ...new ProgramBuilder()
      .loadMap(R1, 'ring')
      .mov(R2, size)
      .mov(R3, 0)
      .call('ringbuf_reserve')
      .mov(R0, 0)
      .exit()
      .build(),
  ];
  const rings = (types: (b: BtfBuilder) => void, ...sizes: number[]) => {
    const object = withMap({ type: 27, max_entries: 4096 }, types);
    const functions = sizes.map((size, i) => ({
      name: `p${i}`,
      section: 'socket',
      code: reserve(size).map(({ reference: _, symbol: __, ...rest }) => rest),
      relocations: { 0: 'map' },
    }));
    const { maps, btf } = parse({ ...object, functions });
    const type = maps[0]!.event && btf!.type(maps[0]!.event.id);
    return type?.kind === 'struct' ? type.name : maps[0]!.eventHint;
  };
  const two = (b: BtfBuilder): void => {
    struct(b, 'event', 16);
    struct(b, 'other', 24);
  };
  assert.equal(rings(two, 16), 'event');
  assert.equal(rings(two, 24, 24), 'other');
  assert.match(rings(two, 32)!, /^ring map: no struct of 32 bytes; name the type/);
  assert.match(rings(two, 16, 24)!, /records of 16, 24 bytes/);
  const twoOfOneSize = (b: BtfBuilder): void => {
    two(b);
    struct(b, 'third', 16);
  };
  assert.match(rings(twoOfOneSize, 16)!, /2 structs of 16 bytes/);
});
