import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { kernelTest } from './privileged.ts';

const INSIDE = 'RINGTAIL_TEST_NETNS';

/** Whether this process runs in a network namespace made by {@link inNetns}. */
export const isInside: boolean = process.env[INSIDE] !== undefined;

/**
 * Runs a test file again in a network namespace of its own, where only `lo` is, and up: nothing that it attaches
 * there can touch the machine. Seen from outside the file is one test.
 */
export function inNetns(file: string): void {
  const name = `ringtail-${process.pid}`;
  kernelTest('in a network namespace of its own', (t) => {
    execFileSync('ip', ['netns', 'add', name]);
    t.after(() => execFileSync('ip', ['netns', 'del', name]));
    execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const node = [
      process.execPath,
      '--test',
      '--test-reporter=spec',
      '--enable-source-maps',
      fileURLToPath(file),
    ];
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', name, ...node], {
      encoding: 'utf8',
      env: { ...env, [INSIDE]: name },
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /tests [1-9]/);
    t.diagnostic(stdout);
  });
}
