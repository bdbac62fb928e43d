import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';

function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const modules = resolve('node_modules');

/** What a user's compiler must accept, and refuse. */
const USER = `
import { type Handler, load } from 'ringtail';
import { ProgramBuilder, R0 } from 'ringtail/asm';

export const instructions = new ProgramBuilder().mov(R0, 0).exit().build();
const object = await load<{ events: { pid: number } }>({ name: 'x', license: 'GPL', maps: [], programs: [] });
for await (const event of object.rings.events) {
  const pid: number = event.pid;
  console.log(pid);
}
// @ts-expect-error a handler that returns a promise
export const handler: Handler<number> = async () => {};
// @ts-expect-error no such ring
object.rings.nothing;
`;

test('the packed package installs without scripts, imports, has types, and runs its command', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-package-'));
  try {
    const [packed] = JSON.parse(
      run('.', 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', directory),
    );
    const files: string[] = packed.files.map((file: { path: string }) => file.path);
    assert.ok(files.includes('dist/src/index.d.ts'));
    assert.ok(files.includes('dist/lib/ring-worker.js'));
    assert.deepEqual(
      files.filter((file) => /\.test\.|^test\/|^dist\/test\//.test(file)),
      [],
    );

    run(directory, 'npm', 'init', '-y');
    run(directory, 'npm', 'pkg', 'set', 'type=module');
    run(directory, 'npm', 'install', '--ignore-scripts', `./${packed.filename}`);
    const script = `
      import { load, RingBuffer } from 'ringtail';
      import { ProgramBuilder } from 'ringtail/asm';
      import { BPF } from 'ringtail/bcc';
      import { Btf } from 'ringtail/btf';
      console.log([load, RingBuffer, ProgramBuilder, BPF, Btf].map((x) => typeof x).join());`;
    assert.equal(
      run(directory, process.execPath, '--input-type=module', '-e', script),
      'function,function,function,function,function\n',
    );
    writeFileSync(join(directory, 'user.ts'), USER);
    const types = ['--types', 'node', '--typeRoots', join(modules, '@types')];
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', ...types];
    run(directory, process.execPath, join(modules, 'typescript/bin/tsc'), ...options, 'user.ts');
    assert.match(run(directory, 'npx', 'ringtail', '--version'), /^\d+\.\d+\.\d+\n$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
