import { readdirSync } from 'node:fs';
import { NotFoundError, NotSupportedError } from '../errors/index.ts';
import { perform, type Work } from './work.ts';

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
 * Finds clang: the one that the environment variable `RINGTAIL_CLANG` names, else `clang` on `PATH`, else the newest
 * `clang-14`, `clang-15` … there.
 *
 * @returns the first that is {@link OLDEST_CLANG} or newer, else one that is too old; undefined where there is none, or
 *   what is there does not answer like clang.
 */
export function findClang(): Promise<Clang | undefined> {
  return perform(findingClang());
}

function* findingClang(): Work<Clang | undefined> {
  const named = process.env['RINGTAIL_CLANG'];
  if (named) return yield* askVersion(named);
  const usual = yield* askVersion('clang');
  if (usual !== undefined && usual.major >= OLDEST_CLANG) return usual;
  for (const command of numberedClangs()) {
    const clang = yield* askVersion(command);
    if (clang !== undefined) return clang;
  }
  return usual;
}

/**
 * As {@link findClang}, for who cannot do without.
 *
 * @throws NotFoundError where there is none. @throws NotSupportedError where it is too old.
 */
export function* requireClang(): Work<Clang> {
  const clang = yield* findingClang();
  const remedy =
    'Install clang (Debian: apt-get install clang), or load an object file (.bpf.o) compiled elsewhere, which needs none.';
  if (clang === undefined) {
    const named = process.env['RINGTAIL_CLANG'];
    throw new NotFoundError({
      message: named
        ? `RINGTAIL_CLANG names ${named}, which does not run as clang`
        : 'there is no clang on this machine, and it is what compiles programs in C',
      remedy,
    });
  }
  if (clang.major >= OLDEST_CLANG) return clang;
  throw new NotSupportedError({
    feature: `clang before ${OLDEST_CLANG}`,
    message: `${clang.command} is clang ${clang.version}, and programs in C need ${OLDEST_CLANG} or later`,
    remedy: `${remedy} RINGTAIL_CLANG names another clang.`,
  });
}

function* askVersion(command: string): Work<Clang | undefined> {
  const { failure, stdout } = yield { file: command, args: ['--version'], timeoutMs: PATIENCE_MS };
  const version = failure === undefined ? parseClangVersion(stdout) : undefined;
  return version === undefined ? undefined : { command, version, major: Number.parseInt(version, 10) };
}

/** Names such as `clang-16` on `PATH`, of {@link OLDEST_CLANG} and later, newest first. */
function numberedClangs(): string[] {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const versions = new Set<number>();
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const version = Number(/^clang-(\d+)$/.exec(name)?.[1] ?? 0);
      if (version >= OLDEST_CLANG) versions.add(version);
    }
  }
  return [...versions].sort((a, b) => b - a).map((version) => `clang-${version}`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // PATH may name folders that are not there
  }
}

/** Reads the version out of what `clang --version` prints. */
export function parseClangVersion(text: string): string | undefined {
  return /\bclang version (\d+(?:\.\d+)*)/.exec(text)?.[1];
}
