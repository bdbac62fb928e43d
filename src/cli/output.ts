import { writeFileSync } from 'node:fs';
import { ArgumentError } from '../errors/index.ts';

/** Writes what a command makes to the file that `-o` names. @throws ArgumentError where it cannot be written. */
export function writeOutput(output: string, contents: string | Uint8Array): void {
  try {
    writeFileSync(output, contents);
  } catch (cause) {
    throw new ArgumentError({
      message: `cannot write ${output}: ${(cause as Error).message}`,
      remedy: 'Give a file in a folder that exists and may be written to.',
      cause,
    });
  }
}
