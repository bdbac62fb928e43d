import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const INSIDE = 'RINGTAIL_TEST_NETNS';

/** Whether this process runs in a network namespace made by {@link inNetns}. */
export const isInside: boolean = process.env[INSIDE] !== undefined;

/**
 * Runs a test file again in a network namespace of its own, where only `lo` is, and up: nothing that it attaches
 * there can touch the machine. Each of its tests becomes a subtest.
 */
export function inNetns(file: string): (t: TestContext) => Promise<void> {
  const name = `ringtail-${process.pid}`;
  return async (t) => {
    execFileSync('ip', ['netns', 'add', name]);
    t.after(() => execFileSync('ip', ['netns', 'del', name]));
    execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const node = [
      process.execPath,
      '--test',
      '--test-reporter=./scripts/results.mjs',
      '--enable-source-maps',
    ];
    const { status, stdout, stderr } = spawnSync(
      'ip',
      ['netns', 'exec', name, ...node, fileURLToPath(file)],
      {
        encoding: 'utf8',
        env: { ...env, [INSIDE]: name },
      },
    );
    const results = stdout.split('\n').filter((line) => line !== '');
    for (const line of results) {
      const { name, status, reason } = JSON.parse(line) as { name: string; status: string; reason?: string };
      const skip = status !== 'passed' && status !== 'failed' && (reason ?? true);
      await t.test(name, { skip }, () => assert.equal(status, 'passed', reason));
    }
    assert.equal(status, 0, stderr);
  };
}
