import { readFileSync } from 'node:fs';
import { unreadable } from '../errors/index.ts';

/** Reads a file that the user named. @throws ArgumentError */
export function readInput(path: string, remedy?: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause, remedy);
  }
}
