import { ArgumentError } from '../errors/index.ts';

/** How many values were from `low` to `high`. */
export interface HistogramRow {
  readonly low: bigint;
  readonly high: bigint;
  readonly count: bigint;
}

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
    const label = labelOf(low, high, digits);
    const bar = '*'.repeat(Number((count * BigInt(BAR)) / most)).padEnd(BAR);
    return `${label.padEnd(range)} : ${String(count).padEnd(counts)} |${bar}|`;
  });
  return [`${title.padStart(digits).padEnd(range)} : ${'count'.padEnd(counts)} distribution`, ...lines];
}

function labelOf(low: bigint, high: bigint, digits: number): string {
  if (low === high) return String(low).padStart(digits);
  return low < 0n ? '< 0'.padStart(digits) : `${String(low).padStart(digits)} -> ${high}`;
}

/** Most rows of a linear histogram: as many slots as BCC draws. */
const MOST_ROWS = 1025;

/**
 * The rows of a histogram by powers of 2, from the slots that `bpf_log2l()` gives: 1 is for 0 and 1, 2 for 2 and 3, 3
 * for 4 to 7.
 */
export function log2Rows(slots: ReadonlyMap<number, bigint>): HistogramRow[] {
  return rowsOf(slots, 64, (slot) => {
    const high = (1n << BigInt(slot)) - 1n;
    return { low: slot === 1 ? 0n : (high + 1n) / 2n, high };
  });
}

/** The rows of a histogram with a row for each number. */
export function linearRows(slots: ReadonlyMap<number, bigint>): HistogramRow[] {
  return rowsOf(slots, MOST_ROWS - 1, (slot) => ({ low: BigInt(slot), high: BigInt(slot) }));
}

function rowsOf(
  slots: ReadonlyMap<number, bigint>,
  last: number,
  range: (slot: number) => { low: bigint; high: bigint },
): HistogramRow[] {
  const used = [...slots].filter(([, count]) => count > 0n).map(([slot]) => slot);
  const [lowest, highest] = [Math.min(...used), Math.max(...used)];
  if (lowest < 0 || highest > last) {
    throw new ArgumentError({
      message: `a histogram has a slot ${lowest < 0 ? lowest : highest}, and slots are drawn from 0 to ${last}`,
      remedy: 'Count by smaller numbers, such as bpf_log2l(value).',
    });
  }
  const length = used.length === 0 ? 0 : highest - lowest + 1;
  return Array.from({ length }, (_, i) => ({ ...range(lowest + i), count: slots.get(lowest + i) ?? 0n }));
}
