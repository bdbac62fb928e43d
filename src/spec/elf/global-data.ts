import type { Btf, BtfDatasec } from '../../btf/index.ts';
import { type ElfSection, SectionFlags, SectionType } from '../../elf/index.ts';
import { MapFlags } from '../constants.ts';
import type { MapSpec, VariableSpec } from '../object.ts';
import type { Extern } from './externs.ts';
import type { ObjectFile } from './object-file.ts';

/** The global data of an object: maps of one value each, and what lies where in it. */
export interface GlobalData {
  readonly maps: readonly MapSpec[];
  readonly variables: readonly VariableSpec[];
  /** Index of section → name of map. */
  readonly bySection: ReadonlyMap<number, string>;
}

export const KCONFIG = '.kconfig';
const MAX_SIZE = 0xffff_ffff;
const NAME_SIZE = 15;

/**
 * Makes maps of `.data`, `.rodata` and `.bss` (and `.data.x` and so on), and of the options in `.kconfig`
 * (`bpf_object__init_internal_map`).
 *
 * @param object name of the object, of which the names of maps in the kernel are made.
 * @throws ObjectFormatError.
 */
export function readGlobalData(
  file: ObjectFile,
  btf: Btf | undefined,
  externs: Iterable<Extern>,
  object: string,
): GlobalData {
  const maps: MapSpec[] = [];
  const variables: VariableSpec[] = [];
  const bySection = new Map<number, string>();
  const add = (name: string, size: number, contents: Uint8Array | undefined, readOnly: boolean): void => {
    const id = btf?.find('datasec', name);
    const datasec = btf === undefined || id === undefined ? undefined : (btf.type(id) as BtfDatasec);
    const found =
      btf === undefined || datasec === undefined ? [] : variablesOf(file, btf, datasec, name, size);
    const isMappable = found.some(({ linkage }) => linkage === 'global');
    variables.push(...found);
    maps.push({
      name,
      kernelName: kernelName(object, name),
      type: 'ARRAY',
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      flags: (readOnly ? MapFlags.RDONLY_PROG : 0) | (isMappable ? MapFlags.MMAPABLE : 0),
      ...(readOnly ? { frozen: true } : {}),
      ...(contents === undefined ? {} : { contents }),
      ...(btf === undefined || id === undefined ? {} : { value: { btf, id } }),
    });
  };
  for (const section of file.elf.sections) {
    const kind = kindOf(section);
    if (kind === undefined || section.size === 0) continue;
    if (section.size > MAX_SIZE) throw file.errorIn(section, 0, 'less than 4 GiB of data');
    bySection.set(section.index, section.name);
    const contents = kind === 'bss' ? undefined : file.elf.data(section).slice();
    add(section.name, section.size, contents, kind === 'rodata');
  }
  const options = [...externs].filter((extern) => extern.kind === 'kconfig');
  if (options.length > 0) {
    add(KCONFIG, Math.max(...options.map(({ offset, size }) => offset + size)), undefined, true);
    const weak = new Set(options.filter((option) => option.weak).map(({ name }) => name));
    for (const [index, variable] of variables.entries()) {
      if (variable.map === KCONFIG && weak.has(variable.name)) variables[index] = { ...variable, weak: true };
    }
  }
  return { maps, variables, bySection };
}

function kindOf({ name, type, flags }: ElfSection): 'data' | 'rodata' | 'bss' | undefined {
  const [, kind] = /^\.(data|rodata|bss)(?:\.|$)/.exec(name) ?? [];
  if (kind === 'bss') return type === SectionType.NOBITS ? kind : undefined;
  const isData = type === SectionType.PROGBITS && (flags & SectionFlags.EXECINSTR) === 0;
  return isData ? (kind as 'data' | 'rodata' | undefined) : undefined;
}

function variablesOf(
  file: ObjectFile,
  btf: Btf,
  datasec: BtfDatasec,
  map: string,
  size: number,
): VariableSpec[] {
  return datasec.variables.map((variable) => {
    const type = file.types(variable.type, () => btf.type(variable.type));
    if (type.kind !== 'var') throw file.errorInType(variable.type, `a variable in section "${map}"`);
    if (variable.offset + variable.size > size) {
      throw file.errorInType(
        variable.type,
        `variable "${type.name}" within the ${size} bytes of section "${map}"`,
      );
    }
    return {
      name: type.name,
      map,
      offset: variable.offset,
      size: variable.size,
      type: { btf, id: type.type },
      linkage: type.linkage === 'static' ? 'static' : 'global',
    };
  });
}

/**
 * Name of a map of global data in the kernel (`internal_map_name`): the section's, after as much of the object's as
 * fits; at most 8 characters, even where the section's name is shorter than `.rodata`. Sections with a second dot
 * stand alone.
 */
function kernelName(object: string, section: string): string {
  const suffix = section.slice(0, NAME_SIZE);
  const room = Math.min(8, NAME_SIZE - suffix.length);
  const prefix = section.includes('.', 1) ? '' : object.slice(0, room);
  return `${prefix}${suffix}`.replace(/[^A-Za-z0-9_.]/g, '_');
}
