import { NotFoundError } from '../errors/index.ts';
import type { MapSpec, ObjectSpec } from '../spec/index.ts';
import { mapFreeze, mapUpdate, tryProgramBindMap } from '../sys/index.ts';
import { word } from './codec.ts';
import { kconfigContents } from './kconfig.ts';

type Fds = ReadonlyMap<string, number>;

/**
 * Gives maps what they hold at first, and freezes those that must not change: global data, the kernel's options, and
 * the maps in maps of maps. Programs come later, when they are loaded: see {@link fillProgramArrays}.
 */
export function fillMaps(spec: ObjectSpec, mapFds: Fds): void {
  for (const map of spec.maps) {
    const fd = mapFds.get(map.name)!;
    const what = `map ${map.name}`;
    const contents = contentsOf(spec, map);
    if (contents !== undefined) mapUpdate(fd, what, new Uint8Array(4), contents);
    if (map.frozen === true) mapFreeze(fd, what);
    if (map.type !== 'PROG_ARRAY') fillSlots(map, fd, mapFds);
  }
}

/** Puts programs into the arrays of programs that name them, as far as they were loaded. */
export function fillProgramArrays(spec: ObjectSpec, mapFds: Fds, programFds: Fds): void {
  for (const map of spec.maps)
    if (map.type === 'PROG_ARRAY') fillSlots(map, mapFds.get(map.name)!, programFds);
}

/**
 * Makes every program a user of the object's constants, in which tools look for what it tells about itself. Kernels
 * before 5.10 cannot, and nothing depends on it.
 */
export function bindConstants(spec: ObjectSpec, mapFds: Fds, programFds: Fds): void {
  for (const { name } of spec.maps.filter((map) => map.frozen === true && map.name !== '.kconfig')) {
    for (const program of programFds.values()) tryProgramBindMap(program, mapFds.get(name)!);
  }
}

function contentsOf(spec: ObjectSpec, map: MapSpec): Uint8Array | undefined {
  if (map.name !== '.kconfig') return map.contents;
  const variables = (spec.variables ?? []).filter((variable) => variable.map === map.name);
  return kconfigContents(map.valueSize ?? 0, variables);
}

/** Keys are indices, values fds. */
function fillSlots({ name, slots = [] }: MapSpec, fd: number, targets: Fds): void {
  for (const [index, slot] of slots.entries()) {
    if (slot === undefined) continue;
    const target = targets.get(slot);
    if (target === undefined) {
      throw new NotFoundError({
        message: `map ${name} is to hold ${slot} at ${index}, which was not loaded`,
        remedy: `There are: ${[...targets.keys()].join(', ') || 'none'}.`,
      });
    }
    mapUpdate(fd, `map ${name}`, word(index), word(target));
  }
}
