import type { MapSpec } from '../spec/index.ts';
import { escapeText } from '../text/index.ts';

/** Prints lines to stdout. A reader that goes away early (`| head`) is no error. */
export function printLines(lines: readonly string[]): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Writes all of a text to stdout, as fast as it is read. A reader that has seen enough (`| head`) ends it well. */
export async function printText(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: NodeJS.ErrnoException | null): void => {
      if (error && error.code !== 'EPIPE') reject(error);
      else resolve();
    };
    process.stdout.on('error', done).write(text, done);
  });
}

/** Tells on stderr which rings' events stay bytes, and what would help. */
export function printHints(rings: readonly MapSpec[]): void {
  for (const { name, event, eventHint } of rings) {
    if (event !== undefined) continue;
    const line = eventHint === undefined ? `ring ${name}: events as bytes` : `events as bytes: ${eventHint}`;
    process.stderr.write(`${escapeText(line)}\n`);
  }
}
