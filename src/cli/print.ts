import type { MapSpec } from '../spec/index.ts';
import { escapeText } from '../text/index.ts';

/** Prints lines to stdout. What goes wrong there is told by `main`. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Tells on stderr which rings' events stay bytes, and what would help. */
export function printHints(rings: readonly MapSpec[]): void {
  for (const { name, event, eventHint } of rings) {
    if (event !== undefined) continue;
    const line = eventHint === undefined ? `ring ${name}: events as bytes` : `events as bytes: ${eventHint}`;
    process.stderr.write(`${escapeText(line)}\n`);
  }
}
