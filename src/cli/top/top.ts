import { Command, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../../errors/index.ts';
import { type ListenAddress, type RingsReport, shortfalls, watchRings } from '../../metrics/index.ts';
import { escapeText, fit, headerLine, jsonLine, rowLine } from '../../text/index.ts';
import { parseDuration, UsageError } from '../options.ts';
import { printLines } from '../print.ts';
import { allowTapOption, FREE_PORT, parseAddress, serve } from '../serve.ts';
import { untilStopped } from '../stop.ts';
import { ADVICE_COLUMNS, byColumn, TOP_COLUMNS, type TopColumnName, topColumns } from './columns.ts';
import { showLive } from './live.ts';

interface Options {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly interval: number;
  readonly duration?: number;
  readonly drops?: boolean;
  readonly advise?: boolean;
  /** True without an address. */
  readonly web?: ListenAddress | true;
  readonly allowTap?: boolean;
  readonly sort: TopColumnName;
}

/** `ringtail top` */
export function topCommand(): Command {
  return new Command('top')
    .description('every ring buffer of the machine: fill, rates, stalls, who has it')
    .option('--once', 'print one table and end: rates are those of one interval')
    .option('--json', 'a line of JSON for each interval')
    .addOption(
      new Option('--interval <time>', 'time between two reports: 1s, 500ms')
        .argParser(parseDuration)
        .default(1000, '1s'),
    )
    .option('--duration <time>', 'end after this time: 10s, 5m', parseDuration)
    .option('--drops', 'count records that find no room (fexit programs: costs the producers)')
    .option('--advise', 'how long each ring lasts at its peak rate, and what size would do')
    .option('--sort <column>', `order by: ${Object.keys(TOP_COLUMNS).join(', ')}`, parseColumn, 'in')
    .addOption(
      new Option('--web [address]', 'the same on a live page: prints its URL, on a free port unless told')
        .argParser(parseAddress)
        .conflicts(['once', 'json', 'advise', 'sort']),
    )
    .addOption(allowTapOption())
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { web, allowTap } = options;
  if (web !== undefined) {
    const { interval: intervalMs, drops = false, duration } = options;
    await serve({ ...(web === true ? FREE_PORT : web), intervalMs, drops, allowTap }, '', duration);
  } else if (allowTap) {
    throw new UsageError({
      message: '--allow-tap is for the page, and there is none',
      remedy: 'Give --web too, or see the records on the terminal: ringtail tail RING',
    });
  } else {
    await watch(options);
  }
}

async function watch(options: Options): Promise<void> {
  const stop = untilStopped(options.duration);
  const { interval: intervalMs, drops = false } = options;
  const reports = watchRings({ intervalMs, drops, signal: stop.signal });
  const isLive = process.stdout.isTTY && !options.json && !options.once && !options.advise;
  try {
    if (isLive) await showLive(reports, stop.stop, options.sort);
    else await print(reports, options);
  } catch (error) {
    if (!(stop.signal.aborted && error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    stop.release();
  }
}

async function print(reports: AsyncIterable<RingsReport>, options: Options): Promise<void> {
  let isFirst = true;
  for await (const report of reports) {
    // The first has no rates.
    if (!isFirst) printLines(options.json ? [jsonLine(report)] : tableLines(report, options));
    if (!isFirst && options.once) break;
    isFirst = false;
  }
}

/** A report as a table, with what is less than it could be. */
function tableLines(report: RingsReport, { sort, advise }: Options): string[] {
  const rings = report.rings.toSorted(byColumn(sort));
  const columns = fit(advise ? ADVICE_COLUMNS : Object.values(topColumns(report.drops)), rings);
  const rows = rings.map((ring) => rowLine(columns, ring));
  return [headerLine(columns), ...rows, ...shortfalls(report).map(escapeText)];
}

function parseColumn(text: string): TopColumnName {
  if (Object.hasOwn(TOP_COLUMNS, text)) return text as TopColumnName;
  const names = Object.keys(TOP_COLUMNS);
  // Those that were likely meant come first.
  const listed = new Set([...nearest(text, names), ...names]);
  throw new InvalidArgumentError(`No column "${text}"; there are ${[...listed].join(', ')}.`);
}
