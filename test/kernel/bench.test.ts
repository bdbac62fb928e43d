import assert from 'node:assert/strict';
import type { BenchReport } from '../../src/cli/bench/run.ts';
import { ringtail } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';

test('ringtail bench measures its own readers, and objects beat a field table by five', (t) => {
  const { stdout, stderr, status } = ringtail('bench', '--quick', '--json', '--suite', 'drain');
  assert.equal(status, 0, stderr);
  const { suites } = JSON.parse(stdout) as BenchReport;
  const drain = suites.find(({ name }) => name === 'drain')!;
  for (const { name, figures, absent } of drain.works) {
    assert.deepEqual(absent, [], `${name}: users have no peers to miss`);
    for (const { reader, median } of figures) t.diagnostic(`${name}: ${reader} ${median.toFixed(1)} ns`);
  }
  const faster = drain.targets.find(({ unit }) => unit.includes('field table'))!;
  assert.ok(faster.measured! >= faster.limit, `${faster.measured} ${faster.unit}`);
});
