/** What watching costs those who fill a ring. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { load } from '../../src/index.ts';
import { Running } from './support/cli.ts';
import { onCpu } from './support/cpu.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay, until } from './support/proc.ts';
import { FLOOD_BURST, floodSpec } from './support/programs.ts';

/** Watched and not, by turns. */
const TURNS = 20;
const RUNS = 8;
/** Records of a run: some milliseconds. */
const REPEAT = 4000;

/** A quarter of the runs is faster: other work of the machine is in few of those. */
function quartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)]!;
}

test('watching a flooded ring costs its producer nothing that can be measured', async (t) => {
  const object = await load(floodSpec());
  const ring = object.rings['ring']!;
  // Twenty times as often as by default.
  const watcher = new Running('top', '--json', '--interval', '50ms');
  t.after(() => watcher.child.kill('SIGKILL'));
  await watcher.until((stdout) => stdout.includes(`"id":${ring.mapId},`));
  spawnSync('taskset', ['-acp', '1', String(watcher.pid)]);

  const costs: Record<'watched' | 'alone', number[]> = { watched: [], alone: [] };
  for (let turn = 0; turn < TURNS; turn++) {
    const isWatched = turn % 2 === 0;
    watcher.child.kill(isWatched ? 'SIGCONT' : 'SIGSTOP');
    const seen = watcher.stdout.length;
    if (isWatched) await until('the watcher to look', () => watcher.stdout.length > seen);
    else await delay(20);
    onCpu(0, () => {
      for (let run = 0; run < RUNS; run++) {
        const { durationNs } = object.programs['flood']!.run({ data: new Uint8Array(64), repeat: REPEAT });
        costs[isWatched ? 'watched' : 'alone'].push(durationNs / FLOOD_BURST);
        ring.consume(() => {});
      }
    });
  }
  watcher.child.kill('SIGCONT');
  const [watched, alone] = [quartile(costs.watched), quartile(costs.alone)];
  const ratio = watched / alone;
  t.diagnostic(
    `reserve and submit: watched ${watched.toFixed(1)} ns, alone ${alone.toFixed(1)} ns: ratio ${ratio.toFixed(3)}`,
  );
  // It is between 0.98 and 1.02 on a machine with nothing else to do.
  assert.ok(ratio < 1.25, `${watched} ns where it is watched, ${alone} ns where not`);
  await object.close();
});
