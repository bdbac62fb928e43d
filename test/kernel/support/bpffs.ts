import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a bpffs for as long as `work` runs. @param work gets its path. */
export async function withBpffs(work: (path: string) => Promise<void> | void): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'ringtail-bpffs-'));
  command('mount', '-t', 'bpf', 'bpf', path);
  try {
    await work(path);
  } finally {
    command('umount', path);
    rmdirSync(path);
  }
}

function command(name: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${name} ${args.join(' ')}: ${stderr}`);
}
