// The C programs of test/corpus, compiled by the installed clang.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Btf, formatC } from '../../../src/btf/index.ts';
import { ElfFile } from '../../../src/elf/index.ts';
import { vmlinuxBtf } from '../../../src/kernel/index.ts';
import { built } from '../../kernel/support/built.ts';

/** The folder of the C programs: tests run compiled, below `dist`. */
export const CORPUS: string = fileURLToPath(new URL('../../../../test/corpus', import.meta.url));

/** A folder of this test file's own, removed at its end. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `ringtail-${name}-`));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/**
 * Compiles a C file for BPF. A vmlinux.h of the running kernel, where the file includes one, is put beside `output`.
 *
 * @returns path of the object file, `output`.
 */
export function compile(
  source: string,
  output: string,
  target: 'bpfel' | 'bpfeb' = 'bpfel',
  flags: readonly string[] = [],
): string {
  return built(`${target}-${basename(source)}${flags.join('')}.o`, output, () => {
    const header = join(dirname(output), 'vmlinux.h');
    if (!existsSync(header) && readFileSync(source, 'utf8').includes('"vmlinux.h"')) {
      writeFileSync(header, formatC(vmlinuxBtf()));
    }
    // <linux/types.h> includes <asm/types.h>, which distributions keep in a folder of the machine.
    const machine = readdirSync('/usr/include').find((name) =>
      existsSync(`/usr/include/${name}/asm/types.h`),
    );
    const include = machine === undefined ? [] : ['-idirafter', `/usr/include/${machine}`];
    const options = ['-O2', '-g', '-Wall', '-target', target, '-D__TARGET_ARCH_x86', '-I', dirname(output)];
    execFileSync('clang', [...options, ...flags, ...include, '-c', source, '-o', output]);
  });
}

/** Compiles a C program of `test/parity/support` against libbpf. @returns path of the executable. */
export function compileReference(name: string, output: string): string {
  const source = fileURLToPath(new URL(`../../../../test/parity/support/${name}.c`, import.meta.url));
  return built(name, output, () => execFileSync('gcc', ['-O1', '-o', output, source, '-lbpf']));
}

/** The types of an object that stands for a kernel. */
export function typesOf(path: string): Btf {
  const elf = ElfFile.parse(readFileSync(path), { name: 'kernel' });
  return Btf.parse(elf.data(elf.section('.BTF')!), { name: 'kernel' });
}
