// Types of hostile objects, and processes that may not generate code.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { ArgumentError, ObjectFormatError } from '../errors/index.ts';
import { closureCode } from './closures.ts';
import { cpuMs } from './cpu-time.test.support.ts';
import { basicTypes, member, memoryOf } from './decoder.test.support.ts';
import type { ReadOptions } from './decoder-code.ts';
import { generateCode } from './generate.ts';
import { Btf, BtfBuilder, type BtfMember, createDecoder } from './index.ts';
import { shapeOf } from './shape.ts';

const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'toJSON',
  'value',
  '#m',
  '"]; throw new Error("injected"); ["',
  "'+process.exit(3)+'",
  '`\x24{process.exit(3)}`',
  'a\nb',
  '\u2028',
  '*/',
  '\\',
  '0',
];

test('field names of a hostile BTF are names and nothing more', () => {
  const builder = new BtfBuilder();
  const { u8 } = basicTypes(builder);
  const members = HOSTILE_NAMES.map((name, i) => member(name, u8, i * 8));
  const id = builder.add({ kind: 'struct', name: 'hostile', size: 16, members });
  const btf = Btf.parse(builder.build());
  const memory = memoryOf(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
  const options: ReadOptions = { littleEndian: true, int64: 'bigint', size: 16 };
  const shape = shapeOf(btf, id);
  for (const code of [generateCode(shape, options), closureCode(shape, options)]) {
    const value = code.decode(memory, 0) as object;
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.deepEqual(new Set(Object.keys(value)), new Set(HOSTILE_NAMES));
    const cursor = code.createCursor!(memory);
    cursor.moveTo(0);
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      assert.equal(Object.getOwnPropertyDescriptor(value, name)?.value, i + 1);
      assert.equal((cursor.value as Record<string, unknown>)[name], i + 1);
    }
  }
});

test('types that contradict themselves or are too large are refused, and soon', () => {
  const builder = new BtfBuilder();
  const { char, u32, s64, array } = basicTypes(builder);
  const composite = (kind: 'struct' | 'union', size: number, ...members: BtfMember[]) =>
    builder.add({ kind, name: 'bad', size, members });
  let tower = u32;
  for (let i = 0; i < 40; i++) tower = array(tower, 1);
  let billion = u32;
  for (let i = 0; i < 9; i++) billion = array(billion, 10);
  let wide = u32;
  for (let i = 0; i < 12; i++)
    wide = composite('union', 4, ...[...'abcdefgh'].map((name) => member(name, wide, 0)));
  const empty = composite('struct', 0);
  const nextId = () => builder.nextId;
  const fwd = builder.add({ kind: 'fwd', name: 'f', declares: 'struct' });
  const bad: [string, number][] = [
    ['inside itself', composite('struct', 8, member('self', nextId(), 0))],
    ['anonymous inside itself', composite('struct', 8, member('', nextId(), 0))],
    ['beyond its struct', composite('struct', 8, member('x', s64, 32))],
    ['bitfield beyond its struct', composite('struct', 1, member('x', u32, 4, 5))],
    ['bitfield wider than its type', composite('struct', 16, member('x', u32, 0, 33))],
    [
      'bitfield of a pointer',
      composite('struct', 8, member('x', builder.add({ kind: 'ptr', type: 0 }), 0, 3)),
    ],
    ['struct at a fraction of a byte', composite('struct', 16, member('x', empty, 3))],
    ['40 dimensions', tower],
    ['a billion elements', billion],
    ['8^12 members', wide],
    ['4 billion elements of no bytes', array(empty, 0xffff_ffff)],
    ['2 GiB of text', array(char, 2 ** 31)],
    ['an enum of 3 bytes', builder.add({ kind: 'enum', name: 'e', size: 3, signed: false, values: [] })],
  ];
  const btf = Btf.parse(builder.build());
  const started = cpuMs();
  for (const [what, id] of bad) assert.throws(() => createDecoder(btf, id), ObjectFormatError, what);
  assert.ok(cpuMs() - started < 1000);
  assert.throws(() => createDecoder(btf, fwd), ArgumentError);
  assert.throws(() => createDecoder(btf, 0), ArgumentError);
});

test('where code generation is forbidden the decoder still works', () => {
  const index = new URL('./index.js', import.meta.url).href;
  const script = `
    import { Btf, BtfBuilder, createDecoder, recordMemory } from ${JSON.stringify(index)};
    let forbidden = false;
    try { new Function('return 1'); } catch (error) { forbidden = error instanceof EvalError; }
    const builder = new BtfBuilder();
    const type = builder.int('unsigned int', 4);
    const members = [{ name: 'pid', type, bitOffset: 32, bitSize: 0 }];
    const btf = Btf.parse(builder.build());
    const split = new BtfBuilder({ base: btf });
    const id = split.add({ kind: 'struct', name: 'event', size: 8, members });
    const decoder = createDecoder(Btf.parse(split.build(), { base: btf }), id);
    const memory = recordMemory(new ArrayBuffer(16), 0, 16);
    memory.u32[3] = 77;
    const cursor = decoder.createCursor(memory);
    cursor.moveTo(8);
    console.log(JSON.stringify({ forbidden, object: decoder.decode(memory, 8), pid: cursor.value.pid }));`;
  const args = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), { forbidden: true, object: { pid: 77 }, pid: 77 });
});
