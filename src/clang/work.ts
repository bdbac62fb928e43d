import { execFile, spawnSync } from 'node:child_process';

/** A program to be run, without a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** After so long it is killed. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** How a program ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Absent when it ended well. */
  readonly failure?: {
    /** Exit status, or what the system said when it was to be started: `ENOENT`. */
    readonly code: number | string | undefined;
    readonly signal: NodeJS.Signals | undefined;
    readonly timedOut: boolean;
  };
}

/** Something to do that needs programs run: it yields each, and goes on with how that ended. */
export type Work<T> = Generator<Command, T, Outcome>;

/** Bytes that a program may print: a syntax tree is long. */
const MAX_OUTPUT = 1 << 28;

/** Does the work; the event loop goes on meanwhile. */
export async function perform<T>(work: Work<T>): Promise<T> {
  let step = work.next();
  while (!step.done) step = work.next(await run(step.value));
  return step.value;
}

/** Does the work and nothing else: for constructors, which cannot wait. */
export function performSync<T>(work: Work<T>): T {
  let step = work.next();
  while (!step.done) step = work.next(runSync(step.value));
  return step.value;
}

function run({ file, args, timeoutMs, cwd, env }: Command): Promise<Outcome> {
  const options = { cwd, env, timeout: timeoutMs, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr });
      const { code, signal, killed = false } = error;
      const failure = { code: code ?? undefined, signal: signal ?? undefined, timedOut: killed };
      resolve({ stdout, stderr, failure });
    });
  });
}

function runSync({ file, args, timeoutMs, cwd, env }: Command): Outcome {
  const options = { cwd, env, timeout: timeoutMs, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' } as const;
  const { error, status, signal, stdout, stderr } = spawnSync(file, args, { ...options, encoding: 'utf8' });
  if (status === 0 && error === undefined) return { stdout, stderr };
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const failure = {
    code: code ?? status ?? undefined,
    signal: signal ?? undefined,
    timedOut: code === 'ETIMEDOUT',
  };
  // Both are null where it could not be started.
  return { stdout: stdout ?? '', stderr: stderr ?? '', failure };
}
