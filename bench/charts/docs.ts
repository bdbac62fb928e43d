import { headingLines, peerVersions, targetLines, workLines } from '../../src/cli/bench/report.ts';
import type { BenchReport, SuiteReport } from '../../src/cli/bench/run.ts';
import { drawChart } from './chart.ts';

/** Where the published run is kept, `npm run bench -- --json`, and what is made of it. */
export const REPORT = 'docs/bench.json';
export const PAGE = 'docs/performance.md';
export const IMAGES = 'docs/images';
/** File names of charts. */
export const CHARTS: RegExp = /^bench-.*\.svg$/;

/** The part of the page that is made. */
const PLACE = /(<!-- bench -->\n)[\s\S]*(<!-- bench:end -->)/;

/**
 * What the documentation shows of a run: the page with its tables as the command prints them, and a chart for each suite
 * that has something to show.
 *
 * @param page its text so far.
 * @returns the contents of each file, by its path in the project.
 * @throws Error when the page has no place for it.
 */
export function documents(report: BenchReport, page: string): Map<string, string> {
  if (!PLACE.test(page)) throw new Error(`${PAGE} has no place for the figures`);
  const files = new Map<string, string>();
  files.set(
    PAGE,
    page.replace(PLACE, (_, begin: string, end: string) => `${begin}\n${figures(report)}\n\n${end}`),
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

function figures({ machine, peers, quick, suites }: BenchReport): string {
  const printed = (lines: readonly string[]): string => ['```text', ...lines, '```'].join('\n');
  const sections = suites.map((suite) => {
    const tables = suite.works.flatMap((work, i) => [...(i > 0 ? [''] : []), ...workLines(work)]);
    const chart = hasChart(suite) ? [`![${suite.title}](${chartOf(suite)})`] : [];
    const absent = suite.absent === undefined ? [] : [`absent: ${suite.absent}`];
    return [`### ${suite.name}: ${suite.title}`, ...chart, printed([...tables, ...absent])].join('\n\n');
  });
  const targets = printed(targetLines(suites.flatMap((suite) => suite.targets)));
  return [printed(headingLines(machine, peers, quick)), targets, ...sections].join('\n\n');
}
