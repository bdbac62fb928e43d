// `npm run bench:charts`: writes what the documentation shows of the run that docs/bench.json has.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { BenchReport } from '../../src/cli/bench/run.ts';
import { CHARTS, documents, IMAGES, PAGE, REPORT } from './docs.ts';

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as BenchReport;
const files = documents(report, readFileSync(PAGE, 'utf8'));
mkdirSync(IMAGES, { recursive: true });
for (const stale of readdirSync(IMAGES).filter((name) => CHARTS.test(name))) rmSync(`${IMAGES}/${stale}`);
for (const [path, contents] of files) {
  writeFileSync(path, contents);
  console.log(path);
}
