import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { CHARTS, documents, IMAGES, PAGE, REPORT } from '../../bench/charts/docs.ts';
import type { BenchReport } from '../../src/cli/bench/run.ts';

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as BenchReport;

test('tables and charts of the documentation are those of docs/bench.json; else: npm run bench:charts', () => {
  const files = documents(report, readFileSync(PAGE, 'utf8'));
  for (const [path, contents] of files) assert.equal(contents, readFileSync(path, 'utf8'), path);
  const charts = readdirSync(IMAGES).filter((name) => CHARTS.test(name));
  assert.notEqual(charts.length, 0);
  for (const name of charts) assert.ok(files.has(`${IMAGES}/${name}`), `${name} is of no suite`);
});

test('the published run had all peers installed, and left none out', () => {
  for (const { name, absent, works } of report.suites) {
    assert.equal(absent, undefined, name);
    const missing = works
      .flatMap((work) => work.absent)
      .filter(({ absent }) => /install|left out/.test(absent));
    assert.deepEqual(missing, [], name);
  }
});
