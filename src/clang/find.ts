import { execFile } from 'node:child_process';

/** A clang that runs. */
export interface Clang {
  /** As it was called: a path, or `clang` to be found on `PATH`. */
  readonly command: string;
  /** Such as `14.0.6`. */
  readonly version: string;
  readonly major: number;
}

/** First version that makes the BPF objects of today's tools. */
export const OLDEST_CLANG = 14;

const PATIENCE_MS = 5000;

/**
 * Finds clang: the one that the environment variable `RINGTAIL_CLANG` names, else `clang` on `PATH`.
 *
 * @returns undefined where there is none, or what is there does not answer like clang.
 */
export function findClang(): Promise<Clang | undefined> {
  const command = process.env['RINGTAIL_CLANG'] || 'clang';
  return new Promise((resolve) => {
    execFile(command, ['--version'], { timeout: PATIENCE_MS }, (error, stdout) => {
      const version = error === null ? parseClangVersion(stdout) : undefined;
      resolve(version === undefined ? undefined : { command, version, major: Number.parseInt(version, 10) });
    });
  });
}

/** Reads the version out of what `clang --version` prints. */
export function parseClangVersion(text: string): string | undefined {
  return /\bclang version (\d+(?:\.\d+)*)/.exec(text)?.[1];
}
