import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before } from 'node:test';
import { findTracefs } from '../../../src/kernel/index.ts';

/** For the tests of a file, tracefs is mounted; where it was not, it is unmounted afterwards. */
export function withTracefs(): void {
  if (process.getuid?.() !== 0 || findTracefs() !== undefined) return;
  const path = '/sys/kernel/tracing';
  before(() => run('mount', '-t', 'tracefs', 'nodev', path));
  after(() => run('umount', path));
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}
