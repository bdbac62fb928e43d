import { parseArgs } from 'node:util';
import { StatusLine } from '../src/cli/status.ts';
import { RingtailError } from '../src/errors/index.ts';
import { jsonLine } from '../src/text/index.ts';
import { buildLibbpfReader } from './libbpf.ts';
import { machine } from './machine.ts';
import { heading, workloadTable } from './report.ts';
import { type Effort, runWorkload, type WorkloadResult } from './runner.ts';
import { measureStart, startTable } from './start.ts';
import { WORKLOADS } from './workloads/index.ts';

const USAGE = `npm run bench [-- --quick] [--json]

Measures how fast a full ring is drained, against a reader in C on libbpf, and how soon a BCC program starts, against BCC. Needs root; see docs/performance.md.

  --quick   a smaller ring and fewer rounds: sooner done, rougher figures
  --json    one JSON document instead of tables

Exit code 0: every target was measured and met.
`;

const FULL: Effort = { ringSize: 64 * 2 ** 20, warmUp: 2, rounds: 9 };
const QUICK: Effort = { ringSize: 8 * 2 ** 20, warmUp: 4, rounds: 7 };

async function main(): Promise<void> {
  const options = {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) return void process.stdout.write(USAGE);
  const effort = values.quick ? QUICK : FULL;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (!values.json) print(heading(machine(), effort));

  const status = new StatusLine(process.stderr);
  const results: WorkloadResult[] = [];
  const libbpf = buildLibbpfReader();
  try {
    for (const [i, workload] of WORKLOADS.entries()) {
      const result = await runWorkload(workload, effort, libbpf, (share) => {
        status.show(progressBar((i + share) / WORKLOADS.length, workload.name));
      });
      status.clear();
      if (!values.json) print(`\n${workloadTable(result)}`);
      results.push(result);
    }
  } finally {
    status.clear();
    if ('path' in libbpf) libbpf.remove();
  }
  const start = measureStart(values.quick ? 3 : 9);
  if (values.json) print(jsonLine({ machine: machine(), ...effort, workloads: results, start }));
  else print(`\n${startTable(start)}`);
  if (!results.every(({ targets }) => targets.every((target) => target.met))) process.exitCode = 1;
}

function progressBar(share: number, what: string): string {
  const width = 30;
  const done = Math.round(share * width);
  return `${'█'.repeat(done)}${'░'.repeat(width - done)} ${Math.floor(share * 100)} % ${what}`;
}

main().catch((error: unknown) => {
  const known = error instanceof RingtailError;
  // Every row needs the ring, and filling it needs the right to load programs.
  console.error(known ? `bench: no row can be measured: ${error.message}\n${error.remedy}` : error);
  process.exitCode = 1;
});
