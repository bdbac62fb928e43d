// From a C file to typed events: what `ringtail types` makes of an object, compiled and run on the kernel.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { TypeMismatchError } from '../../src/errors/index.ts';
import { load, loadSpec, type ObjectDefinition } from '../../src/kernel/index.ts';
import { ringtail } from './support/cli.ts';
import { compile } from './support/compile.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';

/** A user's folder with an object file in it. */
function project(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-types-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules/ringtail'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'bpf'));
  copyFileSync(compile('exec.bpf.c'), join(folder, 'bpf/exec.bpf.o'));
  return folder;
}

/** Makes the module of the object, and compiles it with other files. */
function build(folder: string, files: Readonly<Record<string, string>>, ...options: string[]): void {
  const output = join(folder, 'exec.bpf.ts');
  const made = ringtail('types', join(folder, 'bpf/exec.bpf.o'), '-o', output, ...options);
  assert.deepEqual(made, { status: 0, stdout: '', stderr: '' });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')];
  const flags = [
    '--strict',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--rewriteRelativeImportExtensions',
  ];
  const sources = [output, ...Object.keys(files).map((name) => join(folder, name))];
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...types, ...sources], {
    encoding: 'utf8',
    cwd: folder,
  });
  assert.equal(stdout, '');
}

const USER = `
import { spawnSync } from 'node:child_process';
import { load } from 'ringtail';
import exec from './exec.bpf.ts';

const object = await load(exec, { variables: { only_ppid: process.pid } });
object.attach();
spawnSync('/bin/true');
await object.rings.events.poll(({ comm, filename, ppid }) => {
  console.log(comm, filename, ppid === process.pid);
}, { timeoutMs: 5000 });
const seen: bigint = object.variables.seen.value;
console.log(seen, object.programs.on_exec.name);
await object.close();
`;

test('a program in TypeScript reads typed events through the module of its object', (t) => {
  const folder = project(t);
  build(folder, { 'user.ts': USER });
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'user.js')], { encoding: 'utf8' });
  assert.equal(stdout, 'true /bin/true true\n7n on_exec\n', stderr);
});

test('an object that has changed is refused by the member that did, with nothing left loaded', async (t) => {
  const folder = project(t);
  build(folder, {});
  const { default: exec } = (await import(pathToFileURL(join(folder, 'exec.bpf.js')).href)) as {
    default: ObjectDefinition;
  };
  const before = bpfFiles();
  await (await load(exec)).close();
  copyFileSync(compile('exec.bpf.c', '-Dppid=parent'), join(folder, 'bpf/exec.bpf.o'));
  await assert.rejects(load(exec), (error) => {
    assert.ok(error instanceof TypeMismatchError);
    const { part, member, expected, actual } = error;
    assert.deepEqual([part, member, expected, actual], ['ring events', 'ppid', 'u32 @4', 'no such member']);
    return true;
  });
  assert.deepEqual(bpfFiles(), before);
  rmSync(join(folder, 'bpf/exec.bpf.o'));
  await assert.rejects(load(exec), { name: 'ArgumentError', message: /exec\.bpf\.o cannot be read: ENOENT/ });
  const elsewhere = { ...exec, url: pathToFileURL(compile('exec.bpf.c')) };
  await (await load(elsewhere)).close();
});

test('the type that a ring is given goes into the module, and through it to load()', async (t) => {
  const folder = project(t);
  const type = 'struct { u32 process; u32 parent; char name[16]; }';
  build(folder, {}, '--type', `events=${type}`);
  const { default: exec } = (await import(pathToFileURL(join(folder, 'exec.bpf.js')).href)) as {
    default: ObjectDefinition<{
      rings: { events: { name: string } };
      maps: object;
      variables: object;
      programs: string;
    }>;
  };
  assert.deepEqual(exec.types, { events: type });
  const object = await load(exec);
  try {
    object.attach();
    spawnSync('/bin/true');
    const names: string[] = [];
    await object.rings.events.poll(({ name }) => void names.push(name), { timeoutMs: 5000 });
    assert.ok(names.includes('true'), names.join());
  } finally {
    await object.close();
  }
});

test('a ring takes the type that load() is given, by name or declared', async () => {
  const file = compile('exec.bpf.c');
  const spec = await loadSpec(file);
  const lost = { ...spec, maps: spec.maps.map(({ event: _, ...map }) => map) };
  for (const type of ['struct event', 'struct { u32 pid; u32 ppid; char comm[16]; char filename[128]; }']) {
    const object = await load<{ events: { pid: number; comm: string } }>(lost, {
      types: { events: type },
      variables: { only_ppid: process.pid },
    });
    try {
      object.attach();
      const child = spawnSync('/bin/true');
      const events: [number, string][] = [];
      await object.rings.events.poll(({ pid, comm }) => void events.push([pid, comm]), { timeoutMs: 5000 });
      assert.deepEqual(events, [[child.pid, 'true']]);
    } finally {
      await object.close();
    }
  }
  await assert.rejects(load(file, { types: { event: 'struct event' } }), { name: 'NotFoundError' });
});

test('ringtail types tells of events that stay bytes, and of what it cannot read or write', () => {
  const maps = ringtail('types', compile('elf-maps.bpf.c'));
  assert.equal(maps.status, 0);
  assert.match(
    maps.stderr,
    /^events as bytes: ring ring: no size of its records is known; name the type .*\n$/,
  );
  assert.match(maps.stdout, /^ {4}ring: Uint8Array;$/m);
  assert.match(maps.stdout, /^ {2}url: new URL\('\.\.\/.*\/elf-maps\.bpf\.o', import\.meta\.url\),$/m);
  const file = compile('exec.bpf.c');
  for (const [args, said] of [
    [['/no/such.o'], /^ringtail: \/no\/such\.o cannot be read: ENOENT.*\nName a program in C/],
    [[file, '-o', '/no/such/file.ts'], /^ringtail: cannot write \/no\/such\/file\.ts: ENOENT.*\nGive a file/],
    [[file, '--type', 'x=struct event'], /^ringtail: object exec has no ring "x"\nIt has: events\.\n$/],
  ] as const) {
    const { status, stderr } = ringtail('types', ...args);
    assert.equal(status, 1);
    assert.match(stderr, said);
  }
});
