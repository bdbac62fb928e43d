import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { residentMb } from '../idle/proc.ts';

/** The folder of this package, from which its own name can be imported. */
export const PACKAGE: string = dirname(createRequire(import.meta.url).resolve('ringtail/package.json'));

/** A program that does not start here. */
export interface Failed {
  readonly absent: string;
}

/** Runs a program to its end. @returns milliseconds. */
export function timeToEnd(command: readonly string[]): number | Failed {
  const [file, ...args] = command;
  const started = performance.now();
  const { error, status, stderr } = spawnSync(file!, args, { cwd: PACKAGE, encoding: 'utf8' });
  const ms = performance.now() - started;
  return status === 0 ? ms : { absent: error?.message ?? whyNot(stderr) };
}

/** How a tracer started. */
export interface Started {
  readonly headerMs: number;
  /** From the start of the tracer to the line of a program that was started behind the header. */
  readonly firstEventMs: number;
  readonly residentMb: number;
}

/** Starts a tracer of programs, starts one when its header is there, and ends it when that is printed. */
export async function startTracer(command: readonly string[]): Promise<Started | Failed> {
  const [file, ...args] = command;
  const started = performance.now();
  const tracer = spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise((resolve) => tracer.once('close', resolve));
  const lines = createInterface({ input: tracer.stdout })[Symbol.asyncIterator]();
  try {
    if ((await lines.next()).done) {
      await ended;
      return { absent: whyNot(stderr) };
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

/** What a program says before it ends: this library's in its first line, others where they name an error. */
function whyNot(stderr: string): string {
  if (/\/lib\/modules\/\S+\/build/.test(stderr)) return 'no headers of this kernel here';
  return /^(?:\w*Error|Exception): .*$/m.exec(stderr)?.[0] ?? stderr.split('\n')[0] ?? 'it does not start';
}
