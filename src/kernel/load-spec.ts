import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unreadable } from '../errors/index.ts';
import { checkLayout, type ObjectSpec, parseObject, setEventTypes } from '../spec/index.ts';
import { type CompileOptions, compileC } from './compile.ts';
import type { ObjectDefinition } from './object-types.ts';

/** Options of {@link loadSpec}. */
export interface SpecOptions {
  /**
   * Types of events by name of the ring, where the object does not tell: a name in its BTF (`struct event`), or a
   * declaration in C (`struct { u32 pid; char comm[16]; }`).
   */
  readonly types?: Readonly<Record<string, string>>;
}

/**
 * The blueprint in an object file or a program in C, without loading anything.
 *
 * @param source as for {@link load}.
 * @param options how to compile a program in C, and types of events.
 * @throws ObjectFormatError; TypeMismatchError; NotFoundError for a ring or type that the object does not have;
 *   ArgumentError where the file cannot be read; what {@link compileC} throws.
 */
export async function loadSpec(
  source: string | Uint8Array | ObjectSpec | ObjectDefinition,
  { types, ...compile }: SpecOptions & CompileOptions = {},
): Promise<ObjectSpec> {
  const isDefinition = typeof source === 'object' && 'url' in source;
  const spec = setEventTypes(await readSpec(isDefinition ? source.url : source, compile), {
    ...(isDefinition ? source.types : {}),
    ...types,
  });
  if (isDefinition) checkLayout(spec, source);
  return spec;
}

async function readSpec(
  source: string | URL | Uint8Array | ObjectSpec,
  compile: CompileOptions,
): Promise<ObjectSpec> {
  if (source instanceof Uint8Array) return parseObject(source, { name: 'object' });
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  const { path, bytes } = await readObject(source);
  if (!path.endsWith('.c')) return parseObject(bytes, { name: basename(path) });
  return compileC(bytes.toString(), { name: path, ...compile });
}

async function readObject(source: string | URL): Promise<{ path: string; bytes: Buffer }> {
  try {
    const path = typeof source === 'string' ? source : fileURLToPath(source);
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    const remedy = 'Name a program in C (exec.bpf.c), or an object file that clang made of one (exec.bpf.o).';
    throw unreadable(String(source), cause, remedy);
  }
}
