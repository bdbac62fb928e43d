import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT } from './environment.ts';

/** Beside this module both where it is compiled and where it is bundled. */
const ENTRY = fileURLToPath(new URL('./bench-child.js', import.meta.url));

/** The command that starts this library's own program for a suite: `bench-child.ts`. */
export const OWN_PROGRAM: readonly string[] = [process.execPath, ENTRY];

/** Characters of its stderr that are kept. */
const MOST_COMPLAINT = 4000;

/**
 * A reader in a process of its own, as a program that reads one ring in one way would be: no reader pays for what
 * the others did to heap, caches of types or inlining.
 *
 * The protocol: it opens what it is told by its arguments, writes a line `{}`, then answers each line of its input
 * with one line of JSON, and ends with its input.
 */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;
  /** The end of what it wrote to stderr. */
  #complaint = '';

  private constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.#name = name;
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // One that did not start, or ended, is told by its missing answer.
    child.on('error', ({ message }) => {
      this.#complaint += message;
    });
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MOST_COMPLAINT);
    });
  }

  /** Starts it and waits until it is ready. @throws Error when it ends instead. */
  static async start(name: string, command: readonly string[]): Promise<Child> {
    const started = spawn(command[0]!, command.slice(1), { env: ENVIRONMENT, stdio: 'pipe' });
    const child = new Child(name, started);
    await child.#answer();
    return child;
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid!;
  }

  /** Has it do something. @throws Error when it ends instead. */
  async ask<T>(line: string): Promise<T> {
    this.#process.stdin.write(`${line}\n`);
    return (await this.#answer()) as T;
  }

  /** Ends it. */
  close(): void {
    this.#process.stdin.end();
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done) {
      await finished(this.#process.stderr).catch(() => {});
      throw new Error(`the program "${this.#name}" ended before it answered: ${this.#complaint.trim()}`);
    }
    return JSON.parse(value);
  }
}

/** Such a program in this library: sets up what its arguments say. @returns what answers each line of the input. */
export type Answering = (args: readonly string[]) => (line: string) => object | Promise<object>;
