// Runs a share of the cases of a fuzz test: a thread, so that one that never ends can be ended.
import assert from 'node:assert/strict';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { Btf } from '../../../src/btf/index.ts';
import { damaged, originalBtf, originalObject } from './damage.ts';
import { exerciseBtf, exerciseObject, type Outcome } from './exercise.ts';
import type { Share } from './fuzz.ts';

/** Longest that one case may take. */
const LIMIT_MS = 1000;
/** Most memory that one case may take outside of the heap, which has a limit of its own. */
const LIMIT_BYTES = 64 * 2 ** 20;

const { kind, files, kernels, first, last, step, progress } = workerData as Share;
const originals = files.map(kind === 'object' ? originalObject : originalBtf);
const targets = kernels.map((bytes) => Btf.parse(bytes, { name: 'kernel' }));
const current = new Int32Array(progress);

// Stack traces cost more than what leads to most errors; a case that fails is run again with one.
Error.stackTraceLimit = 0;
const ownKeys = Reflect.ownKeys(Object.prototype).length;
const outcomes = new Map<Outcome, number>();
let slowest = 0;
for (let seed = first; seed <= last; seed += step) {
  Atomics.store(current, 0, seed);
  const file = damaged(originals, seed);
  const { outcome, ms, bytes } = run(file, seed);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  // A busy machine is slow once, a bad file always.
  const least = ms < LIMIT_MS ? ms : Math.min(...[1, 2, 3, 4].map(() => run(file, seed).ms));
  slowest = Math.max(slowest, least);
  assert.ok(least < LIMIT_MS, `case ${seed} took ${least} ms`);
  assert.ok(bytes < LIMIT_BYTES, `case ${seed} took ${bytes} bytes`);
}
assert.ok(!('broken' in globalThis), 'code in a name was run');
assert.equal(Reflect.ownKeys(Object.prototype).length, ownKeys, 'the prototype of objects was changed');
parentPort!.postMessage({ outcomes, slowest });

function run(file: Uint8Array, seed: number): { outcome: Outcome; ms: number; bytes: number } {
  const before = getHeapStatistics().external_memory;
  const started = performance.now();
  const outcome = attempt(file, seed);
  const ms = performance.now() - started;
  return { outcome, ms, bytes: getHeapStatistics().external_memory - before };
}

function attempt(file: Uint8Array, seed: number): Outcome {
  const exercise = (): Outcome => (kind === 'object' ? exerciseObject(file, targets) : exerciseBtf(file));
  try {
    return exercise();
  } catch {
    Error.stackTraceLimit = 20;
    try {
      return exercise();
    } catch (error) {
      throw new Error(`case ${seed}: ${error instanceof Error ? error.stack : error}`, { cause: error });
    }
  }
}
