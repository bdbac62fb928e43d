import {
  isMet,
  type Machine,
  machine,
  type Peer,
  SUITES,
  type Suite,
  type SuiteResult,
} from '../../bench/index.ts';
import { RingtailError } from '../../errors/index.ts';
import { escapeText, jsonLine } from '../../text/index.ts';
import { UsageError } from '../options.ts';
import { printLines } from '../print.ts';
import { StatusLine } from '../status.ts';
import { headingLines, targetLines, workLines } from './report.ts';

/** What a run of the benchmarks is asked for. */
export interface BenchOptions {
  readonly quick: boolean;
  /** One JSON document instead of tables. */
  readonly json: boolean;
  /** Names; all where there is none. */
  readonly suites: readonly string[];
}

/** A suite that was run, or was not. */
export interface SuiteReport extends SuiteResult {
  readonly name: string;
  readonly title: string;
  /** Why nothing of it could be measured. */
  readonly absent?: string;
}

/** Everything that a run found out; `--json` prints it, and charts are drawn from it. */
export interface BenchReport {
  readonly machine: Machine;
  /** Versions of the peers that were asked for, by name. */
  readonly peers: Readonly<Record<string, string>>;
  readonly quick: boolean;
  readonly suites: readonly SuiteReport[];
}

/** A peer of the printed report. */
export interface VersionedPeer extends Peer {
  readonly version: string;
}

/**
 * Runs suites one after another and prints what they find, with a progress bar on a terminal.
 *
 * @throws UsageError for an unknown suite. RingtailError when no suite could be run: that of the first.
 */
export async function runBench(
  options: BenchOptions,
  peers: readonly VersionedPeer[] = [],
): Promise<BenchReport> {
  const { quick, json } = options;
  const chosen = choose(options.suites);
  const print = (lines: readonly string[]): void => {
    if (!json && lines.length > 0) printLines([...lines, '']);
  };
  const report = {
    machine: machine(),
    peers: Object.fromEntries(peers.map(({ name, version }) => [name, version])),
    quick,
    suites: [] as SuiteReport[],
  };
  print(headingLines(report.machine, report.peers, quick));

  const status = new StatusLine(process.stderr);
  const failures: RingtailError[] = [];
  for (const [i, suite] of chosen.entries()) {
    const progress = (share: number, what: string): void =>
      status.show(progressBar((i + share) / chosen.length, `${suite.name}: ${what}`));
    const { name, title } = suite;
    try {
      const result = await suite.run({ quick, peers, progress });
      status.clear();
      report.suites.push({ name, title, ...result });
      print([`── ${name}: ${title}`]);
      for (const work of result.works) print(workLines(work));
    } catch (error) {
      if (!(error instanceof RingtailError)) throw error;
      failures.push(error);
      report.suites.push({ name, title, works: [], targets: [], absent: error.message });
      print([`── ${name}: ${title}`, `absent: ${escapeText(error.message)}`]);
    } finally {
      status.clear();
    }
  }
  if (failures.length === chosen.length) throw failures[0]!;
  const targets = report.suites.flatMap((suite) => suite.targets);
  // Without peers most could not be measured, and none were meant to.
  print(targetLines(peers.length === 0 ? targets.filter((target) => isMet(target) !== undefined) : targets));
  if (json) printLines([jsonLine(report)]);
  return report;
}

/** Whether every target was measured and met. */
export function allMet({ suites }: BenchReport): boolean {
  return suites.every(
    ({ absent, targets }) => absent === undefined && targets.every((target) => isMet(target) === true),
  );
}

function choose(names: readonly string[]): readonly Suite[] {
  if (names.length === 0) return SUITES;
  const known = SUITES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError({
      message: `no suite of benchmarks is called "${unknown}"`,
      remedy: `Name one of ${known.join(', ')}.`,
    });
  }
  return SUITES.filter(({ name }) => names.includes(name));
}

function progressBar(share: number, what: string): string {
  const width = 30;
  const done = Math.round(share * width);
  return `${'█'.repeat(done)}${'░'.repeat(width - done)} ${Math.floor(share * 100)} % ${what}`;
}
