import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatC } from '../../../src/btf/index.ts';
import { vmlinuxBtf } from '../../../src/kernel/index.ts';

let directory: string | undefined;

/**
 * Compiles a file of test/corpus against a vmlinux.h of this project's own.
 *
 * @param flags more for clang, such as `-Dname=other`.
 * @returns path of the object.
 */
export function compile(name: string, ...flags: string[]): string {
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'ringtail-objects-'));
    writeFileSync(join(made, 'vmlinux.h'), formatC(vmlinuxBtf()));
    process.once('exit', () => rmSync(made, { recursive: true }));
    directory = made;
  }
  const object = join(directory, name.replace(/\.c$/, `${flags.join('').replace(/\W/g, '')}.o`));
  const options = [
    '-O2',
    '-g',
    '-Wall',
    '-Werror',
    '-target',
    'bpf',
    '-D__TARGET_ARCH_x86',
    '-I',
    directory,
    ...flags,
  ];
  // Where Debian has <asm/…>, which headers of libbpf include.
  options.push('-idirafter', '/usr/include/x86_64-linux-gnu');
  const { status, stderr } = spawnSync('clang', [...options, '-c', `test/corpus/${name}`, '-o', object], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return object;
}
