import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../bench/readers/libbpf.c', import.meta.url));

/** A program that is needed and not there: what to do about it. */
export interface Absent {
  readonly absent: string;
}

/** The reader on libbpf, compiled into a directory of its own. */
export interface Built {
  readonly path: string;
  /** Deletes it. */
  remove(): void;
}

/** Builds it with the distribution's compiler and libbpf. @throws Error when both are there and it does not build. */
export function buildLibbpfReader(): Built | Absent {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-bench-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const path = join(directory, 'libbpf');
  const { error, status, stderr } = spawnSync('gcc', ['-O2', '-Wall', '-o', path, SOURCE, '-lbpf'], {
    encoding: 'utf8',
  });
  if (status === 0) return { path, remove };
  remove();
  const missing = error !== undefined ? 'gcc' : /bpf\/\w+\.h|-lbpf/.exec(stderr)?.[0];
  if (missing === undefined) throw new Error(`gcc does not take ${SOURCE}:\n${stderr}`);
  return { absent: `no ${missing} here; install libbpf-dev gcc` };
}
