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

test('ringtail bench measures records that are read while they are sent, waiting and starting', (t) => {
  const suites = ['live', 'latency', 'perf', 'idle', 'start'];
  const { stdout, stderr, status } = ringtail('bench', '--quick', '--json', '--suite', ...suites);
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as BenchReport;
  assert.deepEqual(
    report.suites.map(({ name }) => name),
    suites,
  );
  for (const { name: suite, works } of report.suites) {
    for (const { name, figures, absent } of works) {
      assert.deepEqual(absent, [], `${suite} ${name}: users have no peers to miss`);
      for (const { reader, quantity, median, unit } of figures) {
        t.diagnostic(`${suite} ${name}: ${reader}: ${quantity} ${median.toPrecision(3)} ${unit}`);
        assert.ok(quantity === 'dropped' || suite === 'idle' || median > 0, `${suite} ${name} ${quantity}`);
      }
    }
  }
  const median = (work: string, quantity: string): number =>
    report.suites
      .flatMap(({ works }) => works.find(({ name }) => name === work)?.figures ?? [])
      .find((figure) => figure.quantity === quantity)!.median;
  assert.ok(median('rate-10000', 'reached') > 2_000, 'a paced producer keeps its pace');
  // Some ten microseconds; another clock than the kernel's would be off by hours.
  assert.ok(median('rate-10000', 'median') < 1e8, 'a latency in nanoseconds, by the clock of the kernel');
  assert.equal(
    median('back-to-back', 'dropped'),
    0,
    'a consumer that sends itself has read what it sent before',
  );
});
