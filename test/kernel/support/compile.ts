import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatC } from '../../../src/btf/index.ts';
import { vmlinuxBtf } from '../../../src/kernel/index.ts';

let directory: string | undefined;

/** Compiles a file of test/corpus against a vmlinux.h of this project's own. @returns path of the object. */
export function compile(name: string): string {
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'ringtail-objects-'));
    writeFileSync(join(made, 'vmlinux.h'), formatC(vmlinuxBtf()));
    process.once('exit', () => rmSync(made, { recursive: true }));
    directory = made;
  }
  const object = join(directory, name.replace(/\.c$/, '.o'));
  const options = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-D__TARGET_ARCH_x86', '-I', directory];
  const { status, stderr } = spawnSync('clang', [...options, '-c', `test/corpus/${name}`, '-o', object], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return object;
}
