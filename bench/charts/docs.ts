import { headingLines, peerVersions, targetLines, workLines } from '../../src/cli/bench/report.ts';
import type { BenchReport, SuiteReport } from '../../src/cli/bench/run.ts';
import { drawChart } from './chart.ts';

/** Where the published run is kept, `npm run bench -- --json`, and what is made of it. */
export const REPORT = 'docs/bench.json';
export const PAGE = 'docs/performance.md';
export const IMAGES = 'docs/images';
/** File names of charts. */
export const CHARTS: RegExp = /^bench-.*\.svg$/;

/** A place of the page that is made: `<!-- bench:NAME -->` to `<!-- bench:end -->`. */
const PLACE = /<!-- bench:(\w+) -->\n[\s\S]*?<!-- bench:end -->/g;

/**
 * What the documentation shows of a run: the page with its tables as the command prints them, and a chart for each suite
 * that has something to show.
 *
 * @param page its text so far.
 * @returns the contents of each file, by its path in the project.
 * @throws Error when the page has a place for a suite that was not run.
 */
export function documents(report: BenchReport, page: string): Map<string, string> {
  const files = new Map<string, string>();
  files.set(
    PAGE,
    page.replaceAll(
      PLACE,
      (_, name: string) => `<!-- bench:${name} -->\n${block(report, name)}\n<!-- bench:end -->`,
    ),
  );
  const { machine, peers } = report;
  const caption = [
    'Blue: ringtail; brown: peers. Dot: median of the rounds; whiskers: least to most.',
    `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, Node ${machine.node}; ${peerVersions(peers)}`,
  ];
  for (const suite of report.suites.filter(hasChart)) {
    files.set(`docs/${chartOf(suite)}`, drawChart({ ...suite, caption, peers: Object.keys(peers) }));
  }
  return files;
}

/** As the page refers to it. */
function chartOf({ name }: SuiteReport): string {
  return `images/bench-${name}.svg`;
}

/** Of nothing but zeros, as of readers that wait, there is nothing to draw. */
function hasChart({ works }: SuiteReport): boolean {
  return works.some(({ figures }) => (figures[0]?.median ?? 0) > 0);
}

function block({ machine, peers, quick, suites }: BenchReport, name: string): string {
  const printed = (lines: readonly string[]): string => ['```text', ...lines, '```'].join('\n');
  if (name === 'machine') return printed(headingLines(machine, peers, quick));
  if (name === 'targets') return printed(targetLines(suites.flatMap((suite) => suite.targets)));
  const suite = suites.find((candidate) => candidate.name === name);
  if (suite === undefined) throw new Error(`${PAGE} has a place for the suite "${name}", which was not run`);
  const tables = suite.works.flatMap((work, i) => [...(i > 0 ? [''] : []), ...workLines(work)]);
  const chart = hasChart(suite) ? [`![${suite.title}](${chartOf(suite)})`, ''] : [];
  return [...chart, printed(tables)].join('\n');
}
