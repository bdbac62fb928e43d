import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Headers that are kept; beyond, those used longest ago go. One is some 20 KB. */
const MOST_FILES = 64;

/**
 * Headers that were made before, in the user's cache directory (`$XDG_CACHE_HOME/ringtail`, else `~/.cache/ringtail`).
 *
 * A file begins with the hash of the rest, so that a damaged one is told and made anew. It is written under another name
 * and renamed, so that several processes at once do not disturb each other. Where the directory cannot be written there
 * is no cache, and nothing else is different.
 */
export class HeaderCache {
  readonly #folder: string;

  constructor(folder: string = userFolder()) {
    this.#folder = folder;
  }

  /** The text that was made for a key, or what `make` makes now. @param key all that the text depends on. */
  get(key: readonly string[], make: () => string): string {
    const path = join(this.#folder, `${hash(JSON.stringify(key)).slice(0, 40)}.h`);
    const kept = read(path);
    if (kept !== undefined) return kept;
    const text = make();
    this.#write(path, text);
    return text;
  }

  #write(path: string, text: string): void {
    const draft = `${path}.${randomUUID()}`;
    try {
      makeFolder(this.#folder);
      this.#removeOldest();
      writeFileSync(draft, `${hash(text)}\n${text}`, { mode: 0o600, flag: 'wx' });
      renameSync(draft, path);
    } catch {
      // A home that is read-only, a full disk: the text is made each time. A draft left behind goes with the oldest.
    }
  }

  #removeOldest(): void {
    const files = readdirSync(this.#folder)
      .filter((name) => name.includes('.h'))
      .map((name) => join(this.#folder, name));
    if (files.length < MOST_FILES) return;
    const byAge = files
      .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.time - a.time);
    for (const { path } of byAge.slice(MOST_FILES / 2)) rmSync(path, { force: true });
  }
}

/** Makes a folder and those above it. Node's own way to do so never ends in `/proc`, where making one is ENOENT. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** @returns undefined where there is no such file, or it is not as it was written. */
function read(path: string): string | undefined {
  try {
    const file = readFileSync(path, 'utf8');
    const end = file.indexOf('\n');
    const text = file.slice(end + 1);
    if (hash(text) !== file.slice(0, end)) return undefined;
    const now = new Date();
    utimesSync(path, now, now);
    return text;
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Paths count only if they are absolute (XDG Base Directory Specification): nothing is left in the folder at hand. */
function userFolder(): string {
  const named = process.env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(named) ? named : join('/', homedir(), '.cache'), 'ringtail');
}
