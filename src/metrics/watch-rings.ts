import { ArgumentError } from '../errors/index.ts';
import type { RingsReport } from './report.ts';
import type { WatchOptions } from './watch.ts';

const DEFAULT_INTERVAL = 1000;

/**
 * Watches all rings of the machine: what they hold, how fast they fill and empty, who stalls. Between reports it takes
 * samples of the positions alone. It writes to none of the rings and keeps none alive.
 *
 * The first report comes at once, and has no rates. A loop that takes longer than the interval gets its next report when it asks.
 *
 * @throws ArgumentError; what `listRings` throws; AbortError.
 * @example
 * ```ts
 * for await (const { rings } of watchRings({ intervalMs: 1000 })) {
 *   for (const { name, inPerSecond, stalledMs } of rings) console.log(name, inPerSecond, stalledMs);
 * }
 * ```
 */
export async function* watchRings(options: WatchOptions = {}): AsyncGenerator<RingsReport, never, undefined> {
  const { intervalMs = DEFAULT_INTERVAL, signal } = options;
  if (!(intervalMs >= 1 && intervalMs < 2 ** 31)) {
    throw new ArgumentError({
      message: `intervalMs is ${intervalMs}`,
      remedy: 'Give the time between two reports, in milliseconds, at least 1.',
    });
  }
  signal?.throwIfAborted();
  const { Watch } = await import('./watch.ts');
  const watch = await Watch.open(intervalMs, options);
  try {
    for (let due = performance.now(); ; ) {
      yield watch.report();
      due = Math.max(due + intervalMs, performance.now());
      await watch.sampleUntil(due, signal);
    }
  } finally {
    await watch.close();
  }
}
