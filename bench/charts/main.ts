// `npm run bench:charts`: writes what the documentation shows of the run that docs/bench.json has.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BenchReport } from '../../src/cli/bench/run.ts';
import { documents, PAGE, REPORT } from './docs.ts';

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as BenchReport;
for (const [path, contents] of documents(report, readFileSync(PAGE, 'utf8'))) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
  console.log(path);
}
