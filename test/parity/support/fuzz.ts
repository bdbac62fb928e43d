// Fuzz tests: many cases, each made by its number alone, over all cores.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './exercise.ts';

/** What is damaged, and against what. */
export interface Fuzz {
  readonly kind: 'object' | 'btf';
  /** Sound files. */
  readonly files: readonly Uint8Array[];
  /** BTF that objects are relocated against, one of each byte order. */
  readonly kernels: readonly Uint8Array[];
}

/** The cases of one thread. */
export interface Share extends Fuzz {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** An Int32: the case at work. */
  readonly progress: SharedArrayBuffer;
}

/** What came out of the cases. */
export interface Tally {
  /** Cases by their outcome. */
  readonly outcomes: Map<Outcome, number>;
  /** Time of the slowest case, in milliseconds. */
  readonly slowest: number;
}

/** A case that takes so long does not end. */
const HANG_MS = 30_000;
/** Objects of JavaScript that one thread may hold: enough for any case, too little for a bomb. */
const HEAP_MB = 256;

/** Runs the cases `first` to `last`. @throws Error that names the first case to fail, hang or run out of memory. */
export async function fuzz(what: Fuzz, first: number, last: number): Promise<Tally> {
  const step = availableParallelism();
  const shares = Array.from({ length: step }, (_, i) => runShare({ ...what, first: first + i, last, step }));
  const outcomes = new Map<Outcome, number>();
  let slowest = 0;
  for (const tally of await Promise.all(shares)) {
    for (const [outcome, count] of tally.outcomes)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    slowest = Math.max(slowest, tally.slowest);
  }
  return { outcomes, slowest };
}

async function runShare(share: Omit<Share, 'progress'>): Promise<Tally> {
  const progress = new SharedArrayBuffer(4);
  const current = new Int32Array(progress);
  const worker = new Worker(new URL('./fuzz-worker.js', import.meta.url), {
    workerData: { ...share, progress } satisfies Share,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Tally>((resolve, reject) => {
      let seen = -1;
      watch = setInterval(() => {
        if (current[0] === seen) reject(new Error(`case ${seen} does not end within ${HANG_MS} ms`));
        seen = current[0]!;
      }, HANG_MS);
      worker.once('message', resolve).once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === undefined ? error : new Error(`case ${current[0]}: ${error.message}`));
      });
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
