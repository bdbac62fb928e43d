import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

export type Lib = typeof import('./lib.ts');

/** Runs in a process or thread of its own: it can use nothing but its arguments, which travel as JSON. */
export type Body<A extends readonly unknown[]> = (lib: Lib, ...args: A) => unknown;

/** How a child process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** How to start a child. */
export interface ChildOptions {
  /** Options of Node. */
  readonly node?: readonly string[];
  /** The CPU to stay on. */
  readonly cpu?: number;
  /** Shell commands to run first, in a mount namespace of its own. */
  readonly mounts?: string;
}

/** A function in a process of its own. Its promise is not awaited: the process ends when nothing keeps it. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Exit>;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess) {
    this.process = process;
    this.#lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
    let stderr = '';
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve) => {
      process.once('close', (code, signal) => resolve({ code, signal, stderr }));
    });
  }

  static start<A extends readonly unknown[]>(body: Body<A>, args: A, options: ChildOptions = {}): Child {
    const command = [
      process.execPath,
      ...(options.node ?? []),
      '--input-type=module',
      '-e',
      source(body, args),
    ];
    if (options.cpu !== undefined) command.unshift('taskset', '-c', String(options.cpu));
    if (options.mounts !== undefined) {
      command.unshift('unshare', '--mount', 'sh', '-c', `${options.mounts}; exec "$@"`, 'sh');
    }
    return new Child(spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) assert.fail(`child ended before its next line: ${JSON.stringify(await this.ended)}`);
    return value;
  }

  /** Waits for its natural end, which must be a good one. */
  async success(): Promise<void> {
    assert.deepEqual(await this.ended, { code: 0, signal: null, stderr: '' });
  }

  /** Kills it, if it is there still. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** A function in a worker thread. Messages are what it posts to `lib.workers.parentPort`. */
export function startWorker<A extends readonly unknown[]>(body: Body<A>, args: A): Worker {
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source(body, args))}`));
}

function source<A extends readonly unknown[]>(body: Body<A>, args: A): string {
  const lib = new URL('./lib.js', import.meta.url).href;
  // Not awaited: a body that waits for ever must not keep the process.
  return `import * as lib from ${JSON.stringify(lib)};\nvoid (${body})(lib, ...${JSON.stringify(args)});`;
}
