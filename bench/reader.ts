import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Drained } from './workload.ts';

/**
 * A reader in a process of its own, as a program that reads one ring in one way would be: no reader pays for what
 * the others did to heap, caches of types or inlining.
 *
 * The protocol: it opens the ring whose map id it is given, writes `{"version":"…"}`, then answers each line of its
 * input with a line `{"records":…,"nanoseconds":…,"sum":…}` ({@link Drained}), and ends with its input.
 */
export class Reader {
  /** What it is made with, such as `libbpf v1.1`. */
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;

  private constructor(name: string, child: ChildProcess, answers: AsyncIterator<string>, version: string) {
    this.#name = name;
    this.#child = child;
    this.#answers = answers;
    this.version = version;
  }

  /** Starts it and waits until it has opened the ring. @throws Error when it ends instead. */
  static async start(name: string, command: readonly string[]): Promise<Reader> {
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    // A reader that ended is told by its missing answer.
    child.stdin.on('error', () => {});
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { version } = JSON.parse(await nextAnswer(name, answers)) as { version: string };
    return new Reader(name, child, answers, version);
  }

  /** Has it drain the ring. @throws Error when it ends instead. */
  async drain(): Promise<Drained> {
    this.#child.stdin!.write('drain\n');
    return JSON.parse(await nextAnswer(this.#name, this.#answers)) as Drained;
  }

  /** Ends it. */
  close(): void {
    this.#child.stdin!.end();
  }
}

async function nextAnswer(name: string, answers: AsyncIterator<string>): Promise<string> {
  const { value, done } = await answers.next();
  if (done) throw new Error(`the reader "${name}" ended before it answered; see above`);
  return value;
}
