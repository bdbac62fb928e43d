import type { ElfSection } from '../../elf/index.ts';
import type { MapSpec } from '../object.ts';
import type { ObjectFunction } from './functions.ts';
import type { MapDefinition } from './map-definitions.ts';
import type { ObjectFile } from './object-file.ts';

const POINTER_SIZE = 8;

/**
 * The maps of an object, with the programs or maps that they hold at first (`bpf_object__collect_map_relos`): each is
 * a relocation in the list of values of a definition.
 *
 * @throws ObjectFormatError.
 */
export function fillSlots(
  file: ObjectFile,
  definitions: readonly MapDefinition[],
  functions: readonly ObjectFunction[],
): MapSpec[] {
  const section = file.elf.section('.maps');
  if (section === undefined) return [];
  const maps = new Map(definitions.map(({ offset, spec }) => [offset, spec.name]));
  const programs = new Map<ElfSection, Map<number, string>>();
  for (const { section, offset, name, isProgram } of functions) {
    if (isProgram)
      programs.set(section, (programs.get(section) ?? new Map<number, string>()).set(offset, name));
  }
  const relocations = [...file.relocations(section)].sort(([a], [b]) => a - b);
  let next = 0;
  const filled = definitions.map(({ spec, offset, size, values }): MapSpec => {
    const slots: (string | undefined)[] = [];
    for (; next < relocations.length && relocations[next]![0] < offset + size; next++) {
      const [at, relocation] = relocations[next]!;
      const index = values === undefined ? -1 : (at - offset - values) / POINTER_SIZE;
      if (index < 0 || !Number.isInteger(index))
        throw file.errorIn(section, at, `a value of map "${spec.name}"`);
      const symbol = file.symbol(relocation, section);
      const target = file.elf.sections[symbol.section]!;
      const name =
        spec.type === 'PROG_ARRAY'
          ? programs.get(target)?.get(symbol.value)
          : target === section
            ? maps.get(symbol.value)
            : undefined;
      if (name === undefined)
        throw file.errorIn(section, at, `a program or map as value, not "${symbol.name}"`);
      slots[index] = name;
    }
    return slots.length === 0 ? spec : { ...spec, slots: Array.from(slots) };
  });
  const left = relocations[next];
  if (left !== undefined) throw file.errorIn(section, left[0], 'a value of a map');
  return filled;
}
