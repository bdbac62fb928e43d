import { ArgumentError } from '../errors/index.ts';
import { fence } from './order.ts';
import type { Interruptible, Waitable } from './source.ts';
import { nextTurn, turnIsSpent } from './turn.ts';

/** How a wait ended; it is interrupted when a ring is closed or its iterator returns. */
export type WaitResult = 'ready' | 'timeout' | 'interrupted';

/** Options of everything that waits. */
export interface WaitOptions {
  /** Aborting rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the wait gives up, 0 to 2^31 − 1; never, without it. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Pauses between looks at a head record that is still being written, in milliseconds. The kernel calls a ring
 * with such a record readable, so waiting by epoll would spin, and its commit wakes nobody who had not caught up.
 */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 16;

/** Timers of Node that are set longer go off at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Begins to wait. @returns what ends it. */
type Begin = (settle: (result: WaitResult) => void, keepsAlive: boolean) => () => void;

/** A wait that time-out, abort and the closing of a ring end too. @throws AbortError (as a rejection). */
function wait(rings: readonly Interruptible[], options: WaitOptions, begin: Begin): Promise<WaitResult> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs } = options;
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    if (rings.some((r) => r.closed)) {
      resolve('interrupted');
      return;
    }
    let timeout: NodeJS.Timeout | undefined;
    let endWork: (() => void) | undefined;
    let settled = false;
    const keepsAlive = rings.some((r) => r.watch.keepsAlive);
    const end = (): void => {
      settled = true;
      clearTimeout(timeout);
      signal?.removeEventListener('abort', abort);
      for (const r of rings) r.waits.delete(interrupted);
      endWork?.();
    };
    const settle = (result: WaitResult): void => {
      end();
      resolve(result);
    };
    const interrupted = (): void => settle('interrupted');
    const abort = (): void => {
      end();
      reject(abortError(signal!));
    };

    signal?.addEventListener('abort', abort);
    for (const r of rings) r.waits.add(interrupted);
    if (timeoutMs !== undefined) timeout = timer(timeoutMs, keepsAlive, () => settle('timeout'));
    endWork = begin(settle, keepsAlive);
    if (settled) endWork();
  });
}

/**
 * Waits until one of the rings has a committed record, without using the processor meanwhile.
 *
 * @throws AbortError (as a rejection).
 */
export function waitForRecords(rings: readonly Waitable[], options: WaitOptions): Promise<WaitResult> {
  return wait(rings, options, (settle, keepsAlive) => {
    let pause = FIRST_PAUSE_MS;
    let pauseTimer: NodeJS.Timeout | undefined;
    const look = (): void => {
      // The kernel wakes whom it believes to have caught up. Either it sees the position that we published, or we
      // see the record that it did not wake us for: epoll does not look again at a ring that it once found empty.
      fence();
      let busy = false;
      for (const r of rings) {
        const head = r.head();
        if (head === 'ready') {
          settle('ready');
          return;
        }
        busy ||= head === 'busy';
        if (head === 'empty' && !r.watch.waiting) r.watch.wait(look);
      }
      if (!busy || pauseTimer !== undefined) return;
      pauseTimer = timer(pause, keepsAlive, () => {
        pauseTimer = undefined;
        look();
      });
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
    let every = Number.POSITIVE_INFINITY;
    for (const { lookEveryMs } of rings) if (lookEveryMs !== undefined) every = Math.min(every, lookEveryMs);
    const lookTimer = Number.isFinite(every) ? setInterval(look, every) : undefined;
    if (!keepsAlive) lookTimer?.unref();
    look();
    return () => {
      clearInterval(lookTimer);
      clearTimeout(pauseTimer);
      for (const r of rings) if (!r.closed) r.watch.cancel();
    };
  });
}

/** Lets some milliseconds pass. @throws AbortError (as a rejection). */
export function pause(
  ms: number,
  rings: readonly Interruptible[],
  options: WaitOptions,
): Promise<WaitResult> {
  return wait(rings, options, (settle, keepsAlive) => {
    const pauseTimer = timer(ms, keepsAlive, () => settle('ready'));
    return () => clearTimeout(pauseTimer);
  });
}

/** @throws ArgumentError for a time-out that is none. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs <= LONGEST_TIMEOUT_MS)) return;
  throw new ArgumentError({
    message: `timeoutMs is ${timeoutMs}`,
    remedy: `Give 0 to ${LONGEST_TIMEOUT_MS} milliseconds; leave it out to wait for ever.`,
  });
}

/** @throws ArgumentError for a period that is none. */
export function checkPeriod(ms: number | undefined): void {
  if (ms === undefined || (ms >= 1 && ms <= LONGEST_TIMEOUT_MS)) return;
  throw new ArgumentError({
    message: `lookEvery(${ms})`,
    remedy: `Give 1 to ${LONGEST_TIMEOUT_MS} milliseconds; undefined not to look.`,
  });
}

function timer(ms: number, keepsAlive: boolean, action: () => void): NodeJS.Timeout {
  const t = setTimeout(action, ms);
  return keepsAlive ? t : t.unref();
}

/** The signal's reason where that is an AbortError already, else an AbortError with the reason as its cause. */
export function abortError(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name === 'AbortError') return reason;
  return new DOMException('The wait was aborted', { name: 'AbortError', cause: reason });
}

/**
 * Waits until a drain of the rings has delivered something, giving way to the event loop in between.
 *
 * @returns the number of records delivered; 0 after a time-out or when a ring was closed.
 * @throws AbortError, ArgumentError for a time-out that is none (as rejections).
 */
export async function pollRings(
  rings: readonly Waitable[],
  drain: () => number,
  { signal, timeoutMs }: WaitOptions,
): Promise<number> {
  checkTimeout(timeoutMs);
  const end = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  for (;;) {
    if (turnIsSpent()) await nextTurn();
    if (signal?.aborted || !isReady(rings)) {
      const left = end === undefined ? undefined : Math.max(0, end - performance.now());
      if ((await waitForRecords(rings, { signal, timeoutMs: left })) !== 'ready') return 0;
    }
    const count = drain();
    // None where the program discarded all that was there.
    if (count > 0 || (end !== undefined && performance.now() >= end)) return count;
  }
}

/** Whether there is nothing to wait for: a wait costs more than it takes to read a batch of records. */
function isReady(rings: readonly Waitable[]): boolean {
  return !rings.some((r) => r.closed) && rings.some((r) => r.head() === 'ready');
}
