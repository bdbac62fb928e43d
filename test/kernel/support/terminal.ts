import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { RINGTAIL } from './cli.ts';
import { delay } from './proc.ts';

/** `ringtail` on a terminal of its own (by util-linux' `script`), and what is to be seen there. */
export class Terminal {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** All that was written to the terminal. */
  output = '';

  /** @param then shell commands that are run on the terminal after `ringtail`. */
  constructor(args: string, options: { rows?: number; columns?: number; after?: string } = {}) {
    const { rows = 24, columns = 80, after = 'true' } = options;
    const ringtail = `${process.execPath} ${RINGTAIL} ${args}`;
    const command = `stty rows ${rows} cols ${columns}; ${ringtail}; echo "status $?"; ${after}`;
    this.child = spawn('script', ['-qfec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh', NO_COLOR: '1' },
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
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

  /** The lines of the screen now, as a terminal would show the frames so far. */
  get lines(): string[] {
    const lines: string[] = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what frames are made of.
    for (const [, row, text] of this.output.matchAll(/\x1b\[(\d+);1H([^\x1b]*)\x1b\[K/g))
      lines[Number(row) - 1] = text!;
    return Array.from(lines, (line) => line ?? '');
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
