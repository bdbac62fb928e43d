// Damages real object files in thousands of ways. Whatever comes out is a spec or an error of the library, in bounded
// time and memory. RINGTAIL_FUZZ=N runs N of them; a failure names the seed that makes the file again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { NotSupportedError, ObjectFormatError } from '../../src/errors/index.ts';
import { parseObject } from '../../src/spec/index.ts';
import { CORPUS, compile, temporaryDirectory } from './support/corpus.ts';

const RUNS = Number(process.env['RINGTAIL_FUZZ'] ?? 20_000);
/** Longest that one file may take, on a machine that does other things too. */
const LIMIT_MS = 2000;

const dir = temporaryDirectory('fuzz');
const objects = readdirSync(CORPUS)
  .filter((file) => file.startsWith('elf-'))
  .flatMap((file) =>
    (['bpfel', 'bpfeb'] as const).map((target) => {
      const path = compile(join(CORPUS, file), join(dir, `${file}.${target}.o`), target);
      // Nothing reads DWARF: without it every damage has a chance to matter.
      execFileSync('llvm-objcopy', ['--strip-debug', path]);
      return new Uint8Array(readFileSync(path));
    }),
  );

/** mulberry32: numbers below `limit` that depend on the seed alone. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const INTERESTING = [0, 1, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

/** One damaged file. */
function damaged(seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  let file: Uint8Array = pick(objects).slice();
  const view = (): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength);
  const damages: (() => void)[] = [
    () => {
      file[random(file.length)]! ^= 1 << random(8);
    },
    () => view().setUint32(random(file.length >> 2) * 4, pick(INTERESTING), random(2) === 0),
    () => {
      // Near its present value: sizes off by one, indices of a neighbour.
      const at = random(file.length >> 2) * 4;
      view().setUint32(at, view().getUint32(at, true) + random(33) - 16, true);
    },
    () => {
      const other = pick(objects);
      const size = random(64) + 1;
      file.set(other.subarray(random(other.length - size)).subarray(0, size), random(file.length - size));
    },
    () => {
      const size = (random(16) + 1) * 8;
      file.copyWithin(random(file.length - size), random(file.length - size), size);
    },
  ];
  const count = 1 + random(4);
  for (let i = 0; i < count; i++) pick(damages)();
  if (random(16) === 0) file = file.subarray(0, random(file.length));
  return file;
}

test(`${RUNS} damaged object files end in a spec or a typed error`, {
  timeout: Number.POSITIVE_INFINITY,
}, () => {
  const outcomes = { specs: 0, format: 0, notSupported: 0 };
  let slowest = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const file = damaged(seed);
    const started = performance.now();
    try {
      parseObject(file, { name: 'damaged.o' });
      outcomes.specs++;
    } catch (error) {
      if (error instanceof ObjectFormatError) {
        outcomes.format++;
        assert.ok(Number.isInteger(error.offset) && error.offset >= 0, `seed ${seed}: ${error.message}`);
      } else {
        // A type of map that does not exist, or a section by the name of one that is refused.
        const text = error instanceof Error ? error.stack : error;
        assert.ok(error instanceof NotSupportedError, `seed ${seed}: ${text}`);
        outcomes.notSupported++;
      }
    }
    slowest = Math.max(slowest, performance.now() - started);
    assert.ok(slowest < LIMIT_MS, `seed ${seed} took ${slowest} ms`);
  }
  // All three happen, or the damage misses what it aims at.
  assert.ok(outcomes.specs > RUNS / 100 && outcomes.format > RUNS / 10, JSON.stringify(outcomes));
  console.log(JSON.stringify({ ...outcomes, slowest: Math.round(slowest) }));
});
