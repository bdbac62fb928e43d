import type { MapSpec } from '../spec/index.ts';
import { escapeText } from '../text/index.ts';

/** Prints lines to stdout. What goes wrong there is told by `main`. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Tells on stderr which events of rings and perf buffers stay bytes, and what would help. */
export function printHints(rings: readonly MapSpec[]): void {
  for (const { name, type, event, eventHint } of rings) {
    if (event !== undefined) continue;
    const ring = `${type === 'RINGBUF' ? 'ring' : 'perf buffer'} ${name}`;
    const line = eventHint === undefined ? `${ring}: events as bytes` : `events as bytes: ${eventHint}`;
    process.stderr.write(`${escapeText(line)}\n`);
  }
}
