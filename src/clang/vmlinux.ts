import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatC, typesInUse } from '../btf/index.ts';
import { HeaderCache } from './header-cache.ts';
import type { KernelSource } from './kernel-source.ts';
import { ownHeaders, packageVersion } from './own-headers.ts';
import type { Sources } from './sources.ts';

/**
 * The `vmlinux.h` of a program: those of the kernel's types that it uses, under names that it does not define itself,
 * and the constants that the kernel's own headers have as macros. Comes from the cache where it was made before.
 *
 * @param whole every type instead of those in use.
 * @throws NotSupportedError where the kernel shows no types.
 */
export function vmlinuxHeader(
  sources: Sources,
  kernel: KernelSource,
  options: { readonly whole: boolean; readonly cache?: HeaderCache },
): string {
  const { words, preludeWords, tags, ordinary } = sources;
  const used = options.whole ? [] : [words, preludeWords];
  const lists = [tags, ordinary, ...used].map((names) => [...names].sort().join(' '));
  const key = [packageVersion(), kernel.btfHash(), ...lists];
  const header = (options.cache ?? new HeaderCache()).get(key, () => {
    const btf = kernel.btf();
    const roots = options.whole ? {} : { roots: typesInUse(btf, words, preludeWords) };
    return formatC(btf, { ...roots, taken: { tags, ordinary } });
  });
  return header + constantsFor(sources, header);
}

/** Macros that a program names, and neither it, nor the kernel's types, nor `-D` define. */
function constantsFor({ words, macros, ordinary }: Sources, header: string): string {
  const lines = readFileSync(join(ownHeaders(), 'constants.h'), 'utf8').split('\n');
  const wanted = lines.flatMap((line) => {
    const [, name] = /^#define (\w+)/.exec(line) ?? [];
    if (name === undefined) return line.startsWith('#') ? [line] : [];
    const isTaken = macros.has(name) || ordinary.has(name) || header.includes(`\t${name} = `);
    return words.has(name) && !isTaken ? [`#ifndef ${name}`, line, '#endif'] : [];
  });
  return wanted.join('\n').concat('\n');
}
