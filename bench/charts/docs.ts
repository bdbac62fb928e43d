import { headingLines, targetLines, workLines } from '../../src/cli/bench/report.ts';
import type { BenchReport } from '../../src/cli/bench/run.ts';
import { drawChart } from './chart.ts';

/** Where the published run is kept, `npm run bench -- --json`, and what is made of it. */
export const REPORT = 'docs/bench.json';
export const PAGE = 'docs/performance.md';

/** A place of the page that is made: `<!-- bench:NAME -->` to `<!-- bench:end -->`. */
const PLACE = /<!-- bench:(\w+) -->\n[\s\S]*?<!-- bench:end -->/g;

/**
 * What the documentation shows of a run: the page with its tables as the command prints them, and a chart for each suite.
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
  const { cpu, cpus, kernel, node } = report.machine;
  const peers = Object.keys(report.peers);
  const caption = [
    'Blue: ringtail; brown: peers. Dot: median of the rounds; whiskers: least to most.',
    `${cpu}, ${cpus} CPUs, Linux ${kernel}, Node ${node}; ${Object.entries(report.peers)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  ];
  for (const { name, title, works } of report.suites) {
    if (works.some(({ figures }) => figures.length > 0)) {
      files.set(`docs/images/bench-${name}.svg`, drawChart({ title, caption, works, peers }));
    }
  }
  return files;
}

function block(report: BenchReport, name: string): string {
  const { machine, peers, suites } = report;
  const printed = (lines: readonly string[]): string => ['```text', ...lines, '```'].join('\n');
  if (name === 'machine') {
    const versions = Object.entries(peers).map(([peer, version]) => `${peer} ${version}`);
    return printed([...headingLines(machine), `peers: ${versions.join(', ')}`]);
  }
  if (name === 'targets') return printed(targetLines(suites.flatMap((suite) => suite.targets)));
  const suite = suites.find((candidate) => candidate.name === name);
  if (suite === undefined) throw new Error(`${PAGE} has a place for the suite "${name}", which was not run`);
  const tables = suite.works.flatMap((work, i) => [...(i > 0 ? [''] : []), ...workLines(work)]);
  return [`![${suite.title}](images/bench-${name}.svg)`, '', printed(tables)].join('\n');
}
