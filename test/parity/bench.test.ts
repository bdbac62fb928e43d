import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before } from 'node:test';
import type { BenchReport, SuiteReport } from '../../src/cli/bench/run.ts';
import { kernelTest as test } from '../kernel/support/privileged.ts';

/**
 * Ratios that only a regression reaches: the targets themselves are for a machine with nothing else to do, and the published
 * run. By work and unit of the target; what is about twice the worst that was seen on a busy machine.
 */
const BOUNDS: Readonly<Record<string, number>> = {
  '8-byte records, raw × libbpf': 6,
  '64-byte records, lengths of two strings through a cursor × libbpf with strlen': 8,
  '64-byte records as objects with two strings × cilium/ebpf by hand': 1.2,
  '64-byte records as objects with two strings × faster than cilium/ebpf binary.Read': 8,
  '64-byte records as objects with two strings × faster than field table': 5,
};

let drain: SuiteReport;

before(() => {
  if (process.getuid?.() !== 0) return;
  const args = ['dist/bench/main.js', '--quick', '--json', '--suite', 'drain', '--peers', 'fast'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  drain = (JSON.parse(stdout) as BenchReport).suites[0]!;
});

test('every peer but the slow one is measured; that one is named', () => {
  for (const { name, absent } of drain.works) {
    assert.deepEqual(
      absent.filter(({ reader }) => reader !== 'BCC'),
      [],
      name,
    );
  }
  const [raw] = drain.works;
  assert.deepEqual(raw!.absent, [{ reader: 'BCC', absent: 'left out by --peers fast' }]);
});

for (const [promise, limit] of Object.entries(BOUNDS)) {
  test(`drain: ${promise}, no further from it than noise`, (t) => {
    const found = drain.targets.find(({ work, unit }) => `${work} ${unit}` === promise);
    assert.ok(found?.measured !== undefined, 'it was measured');
    t.diagnostic(`${found.measured.toFixed(2)}, ${found.bound} ${limit}`);
    assert.ok(
      found.bound === 'at most' ? found.measured <= limit : found.measured >= limit,
      `${found.measured}`,
    );
  });
}
