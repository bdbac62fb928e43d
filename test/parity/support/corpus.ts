// The C programs of test/corpus, compiled by the installed clang.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The folder of the C programs: tests run compiled, below `dist`. */
export const CORPUS: string = fileURLToPath(new URL('../../../../test/corpus', import.meta.url));

/** A folder of this test file's own, removed at its end. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `ringtail-${name}-`));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Compiles a C file for BPF. @returns path of the object file. */
export function compile(source: string, output: string, target: 'bpfel' | 'bpfeb' = 'bpfel'): string {
  // <linux/types.h> includes <asm/types.h>, which distributions keep in a folder of the machine.
  const machine = readdirSync('/usr/include').find((name) => existsSync(`/usr/include/${name}/asm/types.h`));
  const include = machine === undefined ? [] : ['-I', `/usr/include/${machine}`];
  execFileSync('clang', ['-O2', '-g', '-Wall', '-target', target, ...include, '-c', source, '-o', output]);
  return output;
}
