// Damages real object files and their BTF in many thousand ways. Whatever comes out is a result or an error of the
// library that says what is wrong where, in bounded time and memory.
//   RINGTAIL_FUZZ=N       runs N cases of each kind
//   RINGTAIL_FUZZ_CASE=N  runs the case of that number alone, as a failure names it
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ElfFile } from '../../src/elf/index.ts';
import { CORPUS, compile, temporaryDirectory } from './support/corpus.ts';
import { type Fuzz, fuzz, type Tally } from './support/fuzz.ts';

const ORDERS = ['bpfel', 'bpfeb'] as const;
/** How often an object is taken: damage to a small one matters more often, and costs less. */
const OBJECTS = {
  'tiny.bpf.c': 24,
  'elf-maps.bpf.c': 2,
  'elf-optional.bpf.c': 2,
  'elf-programs.bpf.c': 2,
  'core-rows.bpf.c': 1,
};

const folder = temporaryDirectory('fuzz');
const object = (file: string, order: (typeof ORDERS)[number]): Uint8Array => {
  const path = compile(join(CORPUS, file), join(folder, `${file}.${order}.o`), order);
  // Nothing reads DWARF: without it every damage has a chance to matter.
  execFileSync('llvm-objcopy', ['--strip-debug', path]);
  return new Uint8Array(readFileSync(path));
};
const objects = ORDERS.flatMap((order) =>
  Object.entries(OBJECTS).flatMap(([file, times]) => new Array<Uint8Array>(times).fill(object(file, order))),
);
const kernels = ORDERS.map((order) => typesOf(object('core-kernel.c', order)));

/** A copy of the section .BTF. */
function typesOf(bytes: Uint8Array): Uint8Array {
  const elf = ElfFile.parse(bytes);
  return elf.data(elf.section('.BTF')!).slice();
}

async function run(t: TestContext, what: Fuzz, cases: number): Promise<Tally> {
  const { RINGTAIL_FUZZ: count, RINGTAIL_FUZZ_CASE: only } = process.env;
  const [first, last] = only === undefined ? [1, Number(count ?? cases)] : [Number(only), Number(only)];
  const started = performance.now();
  const tally = await fuzz(what, first, last);
  const seconds = Math.round((performance.now() - started) / 1000);
  const outcomes = JSON.stringify(Object.fromEntries(tally.outcomes));
  t.diagnostic(
    `${last - first + 1} cases in ${seconds} s: ${outcomes}, slowest ${tally.slowest.toFixed(0)} ms`,
  );
  return tally;
}

/** Each must come out of some of many cases, or the damage misses what it aims at. */
function assertAll({ outcomes }: Tally, expected: Record<string, number>): void {
  const cases = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  if (cases < 10_000) return;
  for (const [outcome, share] of Object.entries(expected)) {
    const count = [...outcomes].find(([name]) => name === outcome)?.[1] ?? 0;
    assert.ok(count >= share * cases, `${count} of ${cases} are ${outcome}`);
  }
}

test('damaged object files end in a spec or a typed error', {
  timeout: Number.POSITIVE_INFINITY,
}, async (t) => {
  const tally = await run(t, { kind: 'object', files: objects, kernels }, 200_000);
  assertAll(tally, { sound: 0.05, format: 0.2, notSupported: 0.0005, relocation: 0.005 });
});

test('damaged BTF ends in types or a typed error', { timeout: Number.POSITIVE_INFINITY }, async (t) => {
  const tally = await run(t, { kind: 'btf', files: [...objects.map(typesOf), ...kernels], kernels }, 40_000);
  assertAll(tally, { sound: 0.05, format: 0.2 });
});
