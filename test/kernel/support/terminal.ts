import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { RINGTAIL } from './cli.ts';
import { delay } from './proc.ts';
import { Screen } from './screen.ts';

/** A terminal, and what happens on it. */
export interface TerminalOptions {
  readonly rows?: number;
  readonly columns?: number;
  /** Whether `ringtail` may use colours. */
  readonly isColoured?: boolean;
  /** Shell commands that are run on the terminal after `ringtail`. */
  readonly after?: string;
}

/** `ringtail` on a terminal of its own (by util-linux' `script`), and what is to be seen there. */
export class Terminal {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** All that was written to the terminal. */
  output = '';
  /** What is to be seen of it. */
  readonly screen: Screen = new Screen();

  constructor(args: string, options: TerminalOptions = {}) {
    const { rows = 24, columns = 80, isColoured = false, after = 'true' } = options;
    const { NO_COLOR: _, ...env } = process.env;
    const ringtail = `${process.execPath} ${RINGTAIL} ${args}`;
    const command = `stty rows ${rows} cols ${columns}; ${ringtail}; echo "status $?"; ${after}`;
    this.child = spawn('script', ['-qfec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, TERM: 'xterm', SHELL: '/bin/sh', ...(isColoured ? {} : { NO_COLOR: '1' }) },
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.screen.write(text);
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  press(keys: string): void {
    this.child.stdin!.write(keys);
  }

  /** The shell that runs it. */
  get shell(): number {
    return childOf(this.child.pid!);
  }

  /** The process of `ringtail` itself. */
  get pid(): number {
    return childOf(this.shell);
  }

  /** The lines of the screen now, without the blanks at their ends. */
  get lines(): string[] {
    return this.screen.lines;
  }

  /** Waits until the screen shows something; fails after 20 seconds. */
  async until(what: string, condition: (screen: string) => boolean): Promise<void> {
    const end = Date.now() + 20_000;
    while (!condition(this.lines.join('\n'))) {
      if (Date.now() > end) {
        this.child.kill();
        throw new Error(`waited 20 s for ${what}; the screen:\n${this.lines.join('\n')}`);
      }
      await delay(10);
    }
  }
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').at(-1));
}
