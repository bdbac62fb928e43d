import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command as users run it. */
export const RINGTAIL: string = fileURLToPath(new URL('../../../../bin/ringtail.js', import.meta.url));

/** What a finished command left. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ringtail` to its end. */
export function ringtail(...args: string[]): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RINGTAIL, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A running script, with its output so far. */
export class RunningScript {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<number | null>;
  readonly #changed = new Set<() => void>();

  constructor(script: string, ...args: string[]) {
    this.child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        for (const changed of this.#changed) changed();
      });
    }
    this.#exit = new Promise((resolve) => this.child.once('close', resolve));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until the output satisfies a condition; fails when the command ends before. */
  async until(condition: (stdout: string, stderr: string) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!condition(this.stdout, this.stderr)) return;
        this.#changed.delete(look);
        resolve();
      };
      this.#changed.add(look);
      look();
      void this.#exit.then(() => reject(new Error(`it ended: ${this.stdout}${this.stderr}`)));
    });
  }

  /** Waits for the first line, which comes when everything is attached. */
  async ready(): Promise<void> {
    await this.until((stdout) => stdout.includes('\n'));
  }

  /** Waits for its end. */
  async end(): Promise<Finished> {
    const status = await this.#exit;
    return { status, stdout: this.stdout, stderr: this.stderr };
  }

  /** Interrupts it, as Ctrl-C does, and waits for its end. */
  interrupt(): Promise<Finished> {
    this.child.kill('SIGINT');
    return this.end();
  }
}

/** A running `ringtail`. */
export class Running extends RunningScript {
  constructor(...args: string[]) {
    super(RINGTAIL, ...args);
  }
}

/** With `--json` there is no header: waits until the tracer holds a link. (No child may do the looking: it would be traced.) */
export async function waitForAttach(pid: number): Promise<void> {
  while (!holdsLink(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function holdsLink(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fdinfo`).some((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').includes('link_type:');
    } catch (error) {
      // Closed since the directory was read.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return false;
    }
  });
}
