// The modules that `ringtail types` makes, read by the strictest compiler a user may have.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Btf, BtfBuilder, type BtfMember } from '../../src/btf/index.ts';
import type { ObjectDefinition } from '../../src/kernel/index.ts';
import { checkLayout, formatModule, type ObjectSpec, setEventTypes } from '../../src/spec/index.ts';

/** Everything that tsc can be strict about. */
const OPTIONS = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  typeRoots: [resolve('node_modules/@types')],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  isolatedDeclarations: true,
  declaration: true,
};

/** Compiles files beside a `node_modules` with ringtail, in place. @returns their folder and what tsc says. */
function compile(t: TestContext, files: Readonly<Record<string, string>>): { folder: string; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-types-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules/ringtail'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: OPTIONS, files: Object.keys(files) }),
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  return { folder, said: stdout + stderr };
}

const member = (name: string, type: number, index: number): BtfMember => ({
  name,
  type,
  bitOffset: index * 64,
  bitSize: 0,
});

/** An object with one of everything. */
function plainObject(): ObjectSpec {
  const b = new BtfBuilder();
  const u64 = b.int('unsigned long', 8);
  const u32 = b.int('unsigned int', 4);
  const char = b.int('char', 1, 'char');
  const comm = b.add({ kind: 'array', type: char, indexType: u32, count: 8 });
  const members = [member('pid', u32, 0), member('time', u64, 1), member('comm', comm, 2)];
  const event = b.add({ kind: 'struct', name: 'event', size: 24, members });
  const btf = Btf.parse(b.build());
  const [key, value] = [
    { btf, id: u32 },
    { btf, id: u64 },
  ];
  return {
    name: 'exec',
    license: 'GPL',
    btf,
    maps: [
      { name: 'events', type: 'RINGBUF', maxEntries: 4096, event: { btf, id: event } },
      { name: 'raw', type: 'RINGBUF', maxEntries: 4096 },
      { name: 'counts', type: 'PERCPU_HASH', maxEntries: 1, key, value },
      { name: 'tails', type: 'PROG_ARRAY', maxEntries: 1, key, valueSize: 4 },
      { name: 'nets', type: 'LPM_TRIE', maxEntries: 1, keySize: 20, value },
    ],
    variables: [{ name: 'only', map: '.rodata', offset: 0, size: 4, type: key, linkage: 'global' }],
    programs: [{ name: 'on_exec', section: 'socket', instructions: [] }],
  };
}

const USER = `
import { type BpfObject, type BpfProgram, load } from 'ringtail';
import exec, { type event, type Types } from './exec.bpf.ts';

export async function right(): Promise<void> {
  const object = await load(exec, { variables: { only: 1 } });
  for await (const e of object.rings.events) {
    const whole: event = e;
    const parts: [number, bigint, string] = [whole.pid, whole.time, whole.comm];
    console.log(parts);
  }
  for await (const bytes of object.rings.raw) console.log(bytes.byteLength);
  const count: bigint | undefined = object.maps.counts.lookup(1);
  const counts: bigint[] | undefined = object.maps.counts.perCpu.lookup(1);
  const program: BpfProgram = object.programs.on_exec;
  object.maps.tails.update(0, program);
  object.maps.nets.update({ prefixlen: 8, data: new Uint8Array(16) }, 1n);
  object.variables.only.value = object.variables.only.value + 1;
  const same: BpfObject<Types> = object;
  console.log(count, counts, same);
}

export async function wrong(): Promise<void> {
  const object = await load(exec);
  // @ts-expect-error no such ring
  console.log(object.rings.event);
  // @ts-expect-error no such member
  for await (const e of object.rings.events) console.log(e.tid);
  // @ts-expect-error a time has 64 bits
  for await (const e of object.rings.events) console.log(e.time * 2);
  // @ts-expect-error a key is a number
  object.maps.counts.lookup('1');
  // @ts-expect-error a value is a bigint
  object.maps.counts.update(1, 1);
  // @ts-expect-error a program goes into the map, an id comes out
  object.maps.tails.update(0, 12);
  // @ts-expect-error no such map
  console.log(object.maps.count);
  // @ts-expect-error no such program
  console.log(object.programs.on_exit);
  // @ts-expect-error of another type
  object.variables.only.value = 'all';
  // @ts-expect-error no such variable
  await load(exec, { variables: { onyl: 1 } });
  // @ts-expect-error of another type
  await load(exec, { variables: { only: 'all' } });
}

export async function untyped(): Promise<void> {
  const object = await load<{ events: { pid: number } }>('exec.bpf.o', { variables: { any: 1 } });
  for await (const { pid } of object.rings.events) console.log(pid);
  console.log(object.maps['counts']?.name, object.variables['only']?.value, object.programs['on_exec']?.name);
}
`;

test('a module types all that an object has, and what it has not is refused', (t) => {
  const module = formatModule(plainObject(), { url: './exec.bpf.o' });
  assert.equal(compile(t, { 'exec.bpf.ts': module, 'user.ts': USER }).said, '');
});

const NAMES = [
  '__proto__',
  'constructor',
  'new',
  'get',
  "it's",
  '"quoted"',
  '*/ process.exit(1); /*',
  '`,',
  '${',
  "']; process.exit(1); //",
  'two\nlines',
  'separators\u2028\u2029',
  '\\',
  '1st',
  '',
  'BpfMap',
  'HasFd',
  'LpmKey',
  'ObjectDefinition',
  'Types',
  'definition',
  'URL',
  'Uint8Array',
  'Array',
  'string',
  'default',
  'await',
  'eval',
  'arguments',
  'undefined',
  'infer',
  'intrinsic',
  'abstract',
  'asserts',
  'accessor',
  'out',
  'satisfies',
  'globalThis',
  '-Bool',
  '_Bool',
  'a b',
  'a_b',
];

test('names are names and nothing more, whatever is in them', async (t) => {
  const b = new BtfBuilder();
  const u64 = b.int('unsigned long', 8);
  const members = NAMES.filter((name) => name !== '').map((name, i) => member(name, u64, i));
  const structs = NAMES.map((name) => b.add({ kind: 'struct', name, size: members.length * 8, members }));
  const btf = Btf.parse(b.build());
  const named = NAMES.filter((name) => name !== '');
  const spec: ObjectSpec = {
    name: 'hostile',
    license: 'GPL',
    btf,
    maps: [
      ...NAMES.map(
        (name, i) =>
          ({ name, type: 'HASH', maxEntries: 1, keySize: 4, value: { btf, id: structs[i]! } }) as const,
      ),
      ...NAMES.map(
        (name) =>
          ({ name: `${name}!`, type: 'RINGBUF', maxEntries: 4096, event: { btf, id: structs[0]! } }) as const,
      ),
    ],
    variables: named.map((name, i) => ({
      name,
      map: '.bss',
      offset: i * 8,
      size: 8,
      type: { btf, id: u64 },
      linkage: 'global',
    })),
    programs: NAMES.map((name) => ({ name, section: 'socket', instructions: [] })),
  };
  const types = { '__proto__!': 'struct { u32 a; }', "it's!": 'struct{\nu32 a;}' };
  const url = "./a%20'b'.o";
  const { folder, said } = compile(t, {
    'hostile.ts': formatModule(setEventTypes(spec, types), { url, types }),
  });
  assert.equal(said, '');
  const module = (await import(pathToFileURL(join(folder, 'hostile.js')).href)) as {
    default: ObjectDefinition;
  };
  const definition = module.default;
  assert.deepEqual(definition.programs, NAMES);
  assert.deepEqual(Object.keys(definition.variables).sort(), [...named].sort());
  assert.equal(definition.url.href, new URL(url, pathToFileURL(join(folder, 'hostile.js'))).href);
  // Nothing was lost on the way: the object is what its module says.
  checkLayout(setEventTypes(spec, definition.types!), definition);
  assert.throws(() => checkLayout(spec, definition), { name: 'TypeMismatchError' });
});
