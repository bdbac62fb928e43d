import { setTimeout } from 'node:timers/promises';
import { histogramLines } from '../bcc/histogram.ts';
import { type Column, escapeText, headerLine, jsonLine, rowLine } from '../text/index.ts';
import {
  type CountRow,
  type HistogramRow,
  type TraceCountOptions,
  type TraceHistogramOptions,
  traceCount,
  traceHistogram,
} from '../tools/index.ts';
import { untilStopped } from './stop.ts';
import { timeOfDay, traceColumn } from './trace-columns.ts';

/** Options of commands that count in the kernel. */
export interface AggregateOptions {
  readonly json?: boolean;
  /** Milliseconds. */
  readonly duration?: number;
  /** Milliseconds between prints; one at the end without it. */
  readonly interval?: number;
}

/** `ringtail trace --count` */
export async function printCount(what: TraceCountOptions, options: AggregateOptions): Promise<void> {
  const counter = await traceCount(what);
  const columns: Column<CountRow>[] = [
    ...counter.columns.map(traceColumn).map((c) => ({ ...c, value: (row: CountRow) => c.value(row.key) })),
    { header: 'COUNT', width: 8, value: (row) => String(row.count) },
  ];
  const json = ({ key, count }: CountRow): object =>
    counter.columns.length === 0 ? { count } : { key, count };
  const table = (rows: readonly CountRow[]): string[] => [
    headerLine(columns),
    ...rows.map((row) => rowLine(columns, row)),
  ];
  const arrange = (rows: CountRow[]): CountRow[] =>
    counter.columns.length === 0 ? rows : rows.filter(isSome).sort(byCount);
  await printCounts({ counter, id: (row) => jsonLine(row.key), arrange, json, table }, options);
}

/** `ringtail trace --hist` */
export async function printHistogram(what: TraceHistogramOptions, options: AggregateOptions): Promise<void> {
  const counter = await traceHistogram(what);
  const table = (rows: readonly HistogramRow[]): string[] => histogramLines(escapeText(what.field), rows);
  const arrange = (rows: HistogramRow[]): HistogramRow[] => (options.json ? rows.filter(isSome) : rows);
  await printCounts({ counter, id: (row) => String(row.low), arrange, json: (row) => row, table }, options);
}

function isSome({ count }: { readonly count: bigint }): boolean {
  return count > 0n;
}

function byCount(a: CountRow, b: CountRow): number {
  return a.count < b.count ? 1 : a.count > b.count ? -1 : 0;
}

interface Counts<R extends { readonly count: bigint }> {
  readonly counter: { read(): readonly R[]; lost(): bigint; close(): Promise<void> };
  /** What tells a row from the others. */
  readonly id: (row: R) => string;
  /** Which of the rows are printed, in which order. */
  readonly arrange: (rows: R[]) => R[];
  readonly json: (row: R) => object;
  readonly table: (rows: readonly R[]) => string[];
}

/** A timer's longest time. Something must keep the process alive while it waits for a signal. */
const FOR_EVER = 2 ** 31 - 1;

/**
 * Prints counts at the end, or what was added in each interval. The kernel's counts only grow and are never reset, so that
 * nothing is lost between two prints.
 */
async function printCounts<R extends { readonly count: bigint }>(
  { counter, id, arrange, json, table }: Counts<R>,
  { interval, duration, json: asJson }: AggregateOptions,
): Promise<void> {
  const { stdout, stderr } = process;
  const stop = untilStopped(duration);
  const started = performance.now();
  let total = 0n;
  let before = new Map<string, bigint>();

  const print = (): void => {
    const now = counter.read();
    const added = now.map((row) => ({ ...row, count: row.count - (before.get(id(row)) ?? 0n) }));
    const rows = arrange(added);
    before = new Map(now.map((row) => [id(row), row.count]));
    total += added.reduce((sum, row) => sum + row.count, 0n);
    const time = new Date();
    const lines = asJson
      ? rows.map((row) => jsonLine(interval === undefined ? json(row) : { time, ...json(row) }))
      : [...(interval === undefined ? [] : [timeOfDay(time)]), ...table(rows)];
    stdout.write(lines.map((line) => `${line}\n`).join(''));
  };

  try {
    stderr.write('attached; Ctrl-C ends it\n');
    for (let next = started; !stop.signal.aborted; print()) {
      next += interval ?? FOR_EVER;
      await setTimeout(Math.max(0, next - performance.now()), undefined, { signal: stop.signal }).catch(
        ignoreAbort,
      );
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    stderr.write(`${total} events in ${seconds} s, ${counter.lost()} lost\n`);
  } finally {
    stop.release();
    await counter.close();
  }
}

function ignoreAbort(error: Error): void {
  if (error.name !== 'AbortError') throw error;
}
