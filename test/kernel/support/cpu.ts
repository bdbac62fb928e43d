import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { onlineCpus } from '../../../src/sys/index.ts';

/** Runs work on one CPU. */
export function onCpu<T>(cpu: number, work: () => T): T {
  pin(String(cpu));
  try {
    return work();
  } finally {
    pin(onlineCpus().join());
  }
}

function pin(cpus: string): void {
  assert.equal(spawnSync('taskset', ['-cp', cpus, String(process.pid)]).status, 0);
}
