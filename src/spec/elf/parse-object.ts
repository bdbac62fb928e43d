import type { ObjectSpec } from '../object.ts';
import { readBtfExt } from './btf-ext.ts';
import { fixBtf } from './btf-fixup.ts';
import { readCode } from './code.ts';
import { inferEvents } from './event-types.ts';
import { collectExterns } from './externs.ts';
import { findFunctions } from './functions.ts';
import { readGlobalData } from './global-data.ts';
import { Linker } from './link-programs.ts';
import { readMapDefinitions } from './map-definitions.ts';
import { fillSlots } from './map-slots.ts';
import { ObjectFile } from './object-file.ts';
import { References } from './references.ts';
import { readRingNotes } from './ring-notes.ts';

/**
 * Reads a BPF object file as clang writes it for libbpf, of either byte order [`bpf_object__open_mem`].
 *
 * Nothing here depends on the machine: what the kernel decides (CO-RE, externs, sizes of rings) is left to `load`, as
 * facts on instructions and maps.
 *
 * @param options.name of the file. The object is called what stands before its first dot, as with libbpf.
 * @throws ObjectFormatError with the offset in the file; NotSupportedError for legacy maps, struct_ops, and types of
 * maps that this version does not know.
 * @example
 * ```ts
 * const spec = parseObject(readFileSync('exec.bpf.o'), { name: 'exec.bpf.o' });
 * console.log(spec.programs.map(({ name, section }) => `${name} at ${section}`));
 * ```
 */
export function parseObject(bytes: Uint8Array, options: { name: string }): ObjectSpec {
  const file = new ObjectFile(bytes, options.name);
  const name = objectName(options.name);
  const externs = collectExterns(file);
  const btf = file.btf === undefined ? undefined : fixBtf(file, file.btf, externs.values());
  const definitions = readMapDefinitions(file, btf);
  const data = readGlobalData(file, btf, externs.values(), name);
  const functions = findFunctions(file);
  const references = new References(file, { functions, maps: definitions, data, externs });
  const facts = btf === undefined ? new Map() : readBtfExt(file, btf);
  const linker = new Linker(file, readCode(file, functions, references, facts));
  const programs = functions
    .filter(({ isProgram }) => isProgram)
    .map(({ name, section }) => ({
      name,
      section: section.name.replace(/^\?/, ''),
      ...(section.name.startsWith('?') ? { autoload: false } : {}),
      instructions: linker.link(name),
    }));
  const maps = [...fillSlots(file, definitions, functions), ...data.maps];
  return {
    name,
    license: readLicense(file),
    maps:
      btf === undefined
        ? maps
        : file.types(0, () => inferEvents(readRingNotes(maps, btf), programs, btf, data.variables)),
    programs,
    variables: data.variables,
    ...(btf === undefined ? {} : { btf }),
    byteOrder: file.elf.littleEndian ? 'little' : 'big',
  };
}

/** libbpf: the file's name without directories, up to the first dot. */
function objectName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).split('.', 1)[0]!;
}

/** The text before the first NUL of the section `license`; empty without one. */
function readLicense(file: ObjectFile): string {
  const section = file.elf.section('license');
  return section === undefined ? '' : new TextDecoder().decode(file.elf.data(section)).split('\0', 1)[0]!;
}
