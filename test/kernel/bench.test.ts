import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { WorkloadResult } from '../../bench/runner.ts';
import { kernelTest as test } from './support/privileged.ts';

/** Slower than this many times libbpf, the reader has lost what it had (docs/performance.md has the targets). */
const LOST = 15;

test('the benchmark measures every reader, and objects beat a field table by five', (t) => {
  const run = spawnSync(process.execPath, ['dist/bench/main.js', '--quick', '--json'], { encoding: 'utf8' });
  assert.notEqual(run.stdout, '', run.stderr);
  const { workloads } = JSON.parse(run.stdout) as { workloads: readonly WorkloadResult[] };
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['raw', 'exec', 'exec-many'],
  );
  for (const { name, rows, absent } of workloads) {
    assert.deepEqual(absent, [], `${name} has all its readers`);
    for (const { peer, nsPerRecord, ratio } of rows) {
      t.diagnostic(
        `${name}: ${peer} ${nsPerRecord.median.toFixed(1)} ns, ${ratio?.median.toFixed(2)} × libbpf`,
      );
    }
  }
  const [raw, exec] = workloads;
  assert.ok(raw!.targets[0]!.ratio!.median < LOST, 'raw records through the cursor');
  assert.ok(exec!.targets[0]!.ratio!.median < LOST, 'strings through the cursor');
  assert.ok(exec!.targets.find(({ peer }) => peer === 'objects')!.met, 'objects against a field table');
});
