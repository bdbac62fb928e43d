import type { HistogramRow } from '../tools/index.ts';

/** Stars in the longest bar. */
const BAR = 40;

/**
 * A histogram as lines of text, as BCC's `print_log2_hist` draws it, from the first row that has something to the last; no lines when
 * none has.
 *
 * ```text
 *      bytes_alloc         : count    distribution
 *          8 -> 15         : 3        |*************                           |
 *         16 -> 31         : 9        |****************************************|
 * ```
 */
export function histogramLines(title: string, rows: readonly HistogramRow[]): string[] {
  const first = rows.findIndex((row) => row.count > 0n);
  if (first < 0) return [];
  const shown = rows.slice(first, rows.findLastIndex((row) => row.count > 0n) + 1);
  let most = 1n;
  for (const { count } of shown) if (count > most) most = count;
  const digits = Math.max(10, ...shown.map(({ high }) => String(high).length));
  const range = digits * 2 + 4;
  const counts = Math.max(8, String(most).length);
  const lines = shown.map(({ low, high, count }) => {
    const label = low < 0n ? '< 0'.padStart(digits) : `${String(low).padStart(digits)} -> ${high}`;
    const bar = '*'.repeat(Number((count * BigInt(BAR)) / most)).padEnd(BAR);
    return `${label.padEnd(range)} : ${String(count).padEnd(counts)} |${bar}|`;
  });
  return [`${title.padStart(digits).padEnd(range)} : ${'count'.padEnd(counts)} distribution`, ...lines];
}
