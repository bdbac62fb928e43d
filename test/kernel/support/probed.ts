import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { built } from './built.ts';

/**
 * A USDT probe as `sys/sdt.h` lays it down: a `nop`, and a note that says where it is.
 *
 * The note's addresses are those of the `nop`, of `.stapsdt.base`, and of the semaphore or 0.
 */
const USDT = `
#define USDT(provider, name, semaphore, args, ...) \\
  __asm__ volatile( \\
    "990: nop\\n" \\
    ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n" \\
    ".balign 4\\n.4byte 992f-991f, 994f-993f, 3\\n" \\
    "991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n" \\
    "993: .8byte 990b, _.stapsdt.base, " semaphore "\\n" \\
    ".asciz \\"" provider "\\"\\n.asciz \\"" name "\\"\\n.asciz \\"" args "\\"\\n" \\
    "994: .balign 4\\n.popsection\\n" \\
    ".ifndef _.stapsdt.base\\n" \\
    ".pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n" \\
    ".weak _.stapsdt.base\\n.hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n.size _.stapsdt.base, 1\\n" \\
    ".popsection\\n.endif\\n" :: __VA_ARGS__)
`;

/** Functions that a library exports, hides, and has under one name twice. */
const LIBRARY = `
__attribute__((noinline)) int rt_library(int a) { __asm__ volatile(""); return a + 1; }
`;

/**
 * Called with a number, it passes \`rt_first\`, \`rt_second\`, \`rt_static\` and \`rt_library\`, and the probes, that often. It
 * prints how often the probe with a semaphore was on.
 */
const PROGRAM = `${USDT}
#include <stdio.h>
#include <stdlib.h>
int rt_library(int a);
unsigned short rt_semaphore __attribute__((section(".probes"), used));
__attribute__((noinline)) int rt_first(int a, int b) { __asm__ volatile(""); return a * b; }
__attribute__((noinline)) int rt_second(int a) { __asm__ volatile(""); return a - 1; }
static __attribute__((noinline)) int rt_static(int a) { __asm__ volatile(""); return a ^ 5; }
int main(int argc, char **argv) {
  long on = 0, sum = 0;
  for (int i = 0, n = atoi(argv[1]); i < n; i++) {
    sum += rt_first(i, 2) + rt_second(i) + rt_static(i) + rt_library(i);
    int narrow = -i;
    long wide = 1000 + i;
    USDT("rt", "plain", "0", "-4@%0 8@%1 -4@$-7", "r"(narrow), "m"(wide));
    if (i % 2) USDT("rt", "plain", "0", "-4@%0 8@%1 -4@$-7", "m"(narrow), "r"(wide));
    if (*(volatile unsigned short *)&rt_semaphore) { on++; USDT("rt", "guarded", "rt_semaphore", ""); }
  }
  printf("%ld %ld\\n", on, sum);
}
`;

/** A program and a library of the test's own, that nobody else runs. */
export class Probed implements Disposable {
  readonly directory: string;
  readonly program: string;
  readonly library: string;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'ringtail-probed-'));
    this.program = join(this.directory, 'rt-probed');
    this.library = join(this.directory, 'librtprobed.so.1');
    this.#compile(this.library, LIBRARY, '-shared', '-fPIC', '-Wl,-soname,librtprobed.so.1');
    this.#compile(this.program, PROGRAM, this.library, '-Wl,-rpath,$ORIGIN');
  }

  /** Runs the program to its end. @returns what it printed first: how often its guarded probe was on. */
  run(times: number): number {
    const { stdout, status } = spawnSync(this.program, [String(times)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the probed program ended with ${status}`);
    return Number(stdout.split(' ')[0]);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }

  #compile(output: string, source: string, ...args: string[]): void {
    const command = ['-x', 'c', '-O1', '-fno-inline', '-', '-x', 'none', ...args, '-o', output];
    built(basename(output), output, () => execFileSync('gcc', command, { input: source }));
  }
}
