import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Include, type Scan, scanC } from './scan.ts';

/** Where headers of libbpf are looked for, as clang does. */
const SYSTEM_FOLDERS = ['/usr/local/include', '/usr/include'];

/** Headers are followed to this number, and to this length of each in bytes. */
const MOST_HEADERS = 200;
const LONGEST_HEADER = 1 << 20;

/** Words that the declarations of helpers need: they are too many to look at one by one. */
const HELPER_WORDS =
  'bool size_t __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 u8 u16 u32 u64 s8 s16 s32 s64 __le16 __le32 __le64 __be16 __be32 __be64 __wsum';

/** Names that headers of the compiler define, which would be defined twice or replaced within the types. */
const COMPILER_HEADERS: Readonly<Record<string, string>> = {
  'stdbool.h': 'bool true false',
  'stddef.h': 'NULL offsetof ptrdiff_t',
  'stdint.h': 'int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t',
};

const HELPERS = 'bpf/bpf_helper_defs.h';

/** Helpers that return pointers to structs. */
const RESULTS = /^static struct (\w+) \*\(\*(bpf_\w+)\)/gm;

/** What a program and the headers that are its own say about themselves. */
export interface Sources {
  /** Identifiers of the program and its own headers. */
  readonly words: ReadonlySet<string>;
  /** Identifiers of the headers of libbpf, or of this project in their place, that it includes. */
  readonly preludeWords: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  readonly ordinary: ReadonlySet<string>;
  readonly macros: ReadonlySet<string>;
  readonly helpers: ReadonlySet<string>;
  /** Headers of the kernel that are included, as `linux/bpf.h`; `vmlinux.h` is not among them. */
  readonly kernelHeaders: ReadonlySet<string>;
  /** Whether the kernel's types are asked for. */
  readonly needsTypes: boolean;
}

/**
 * Scans a program and, as far as they are found, the headers that it includes.
 *
 * @param folder that `#include "…"` is relative to.
 * @param folders that the user named with `-I`.
 * @param own folder of this project's headers.
 */
export function scanSources(text: string, folder: string, folders: readonly string[], own: string): Sources {
  const words = new Set<string>();
  const preludeWords = new Set(HELPER_WORDS.split(' '));
  const tags = new Set<string>();
  const ordinary = new Set<string>();
  const macros = new Set<string>();
  const helpers = new Set<string>();
  const kernelHeaders = new Set<string>();
  const seen = new Set<string>();
  let needsTypes = false;

  const addAll = (scan: Scan, from: string, isPrelude: boolean): void => {
    if (isPrelude) copy(scan.words, preludeWords);
    else {
      copy(scan.words, words);
      copy(scan.tags, tags);
      copy(scan.ordinary, ordinary);
      copy(scan.helpers, helpers);
    }
    copy(scan.macros, macros);
    for (const include of scan.includes) follow(include, from, isPrelude);
  };
  const follow = (include: Include, from: string, isPrelude: boolean): void => {
    const { name, quoted } = include;
    if (name === 'vmlinux.h') needsTypes = true;
    if (Object.hasOwn(COMPILER_HEADERS, name)) copy(COMPILER_HEADERS[name]!.split(' '), ordinary);
    if (/^(?:linux|uapi|asm|asm-generic|net)\/[\w./-]+$/.test(name) && !name.includes('..')) {
      needsTypes = true;
      kernelHeaders.add(name);
    }
    if (name.endsWith('bpf_helper_defs.h') || seen.size === MOST_HEADERS) return;
    const ofLibbpf = isPrelude || /^(?:bpf|ringtail)\//.test(name);
    const places = [...(quoted ? [from] : []), ...folders, ...(ofLibbpf ? [...SYSTEM_FOLDERS, own] : [])];
    for (const path of places.map((place) => resolve(place, name))) {
      if (seen.has(path)) return;
      const header = readHeader(path);
      if (header === undefined) continue;
      seen.add(path);
      addAll(scanC(header), dirname(path), ofLibbpf);
      return;
    }
  };
  addAll(scanC(text), folder, false);
  for (const [, struct, helper] of readFileSync(resolve(own, HELPERS), 'utf8').matchAll(RESULTS)) {
    if (words.has(helper!)) preludeWords.add(struct!);
  }
  return { words, preludeWords, tags, ordinary, macros, helpers, kernelHeaders, needsTypes };
}

function copy(from: Iterable<string>, to: Set<string>): void {
  for (const item of from) to.add(item);
}

/** @returns undefined for what is no header: clang says what is wrong with it, if it comes to that. */
function readHeader(path: string): string | undefined {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size <= LONGEST_HEADER ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
