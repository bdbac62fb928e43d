import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('the packed package installs without scripts, imports, and runs its command', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-package-'));
  try {
    const [packed] = JSON.parse(
      run('.', 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', directory),
    );
    const files: string[] = packed.files.map((file: { path: string }) => file.path);
    assert.ok(files.includes('dist/src/index.d.ts'));
    assert.deepEqual(
      files.filter((file) => /\.test\.|^test\/|^dist\/test\//.test(file)),
      [],
    );

    run(directory, 'npm', 'init', '-y');
    run(directory, 'npm', 'install', '--ignore-scripts', `./${packed.filename}`);
    const script = `
      import { load, RingBuffer } from 'ringtail';
      import { ProgramBuilder } from 'ringtail/asm';
      import { Btf } from 'ringtail/btf';
      console.log([load, RingBuffer, ProgramBuilder, Btf].map((x) => typeof x).join());`;
    assert.equal(
      run(directory, process.execPath, '--input-type=module', '-e', script),
      'function,function,function,function\n',
    );
    assert.match(run(directory, 'npx', 'ringtail', '--version'), /^\d+\.\d+\.\d+\n$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
