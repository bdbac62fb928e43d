import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { ENVIRONMENT } from '../environment.ts';
import { residentMb } from '../idle/proc.ts';

/** The folder of this package, from which its own name can be imported. */
export const PACKAGE: string = dirname(createRequire(import.meta.url).resolve('ringtail/package.json'));

/** Runs a program to its end. @returns milliseconds. @throws Error when it fails. */
export function timeToEnd([file, ...args]: readonly [string, ...string[]]): number {
  const started = performance.now();
  const { error, status, stderr } = spawnSync(file, args, {
    cwd: PACKAGE,
    env: ENVIRONMENT,
    encoding: 'utf8',
  });
  const ms = performance.now() - started;
  if (status !== 0) throw error ?? new Error(`${file} ${args.join(' ')} failed:\n${stderr}`);
  return ms;
}

/** How a tracer started. */
export interface Started {
  readonly headerMs: number;
  /** From the start of the tracer to the line of a program that was started behind the header. */
  readonly firstEventMs: number;
  readonly residentMb: number;
}

/**
 * Starts a tracer of programs, starts one when its header is there, and ends it when that is printed.
 *
 * @returns how it started, or what it said instead.
 */
export async function startTracer([file, ...args]: readonly [string, ...string[]]): Promise<
  Started | { readonly absent: string }
> {
  const started = performance.now();
  const tracer = spawn(file, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise((resolve) => tracer.once('close', resolve));
  const lines = createInterface({ input: tracer.stdout })[Symbol.asyncIterator]();
  try {
    if ((await lines.next()).done) {
      await ended;
      return { absent: stderr.split('\n')[0]! };
    }
    const headerMs = performance.now() - started;
    spawn('true').on('error', () => {});
    await lines.next();
    return {
      headerMs,
      firstEventMs: performance.now() - started,
      residentMb: residentMb(tracer.pid!),
    };
  } finally {
    tracer.kill('SIGINT');
    await ended;
  }
}
