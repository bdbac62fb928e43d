import type { Btf, BtfDatasec } from '../../btf/index.ts';
import type { MapSpec } from '../object.ts';

/** Section in which `<ringtail/bcc.h>` leaves the types of what is sent: variables `rt_event_MAP`, never written. */
const EVENTS = '.ringtail.events';
/** Name of the map that counts what a ring had no room for, before the name of the ring. */
const DROPS = 'rt_drops_';

/**
 * Takes what a front end of this project left in an object: the types of what programs send through a map, and which map
 * counts the drops of a ring. Where records of several types go into one map, events stay bytes.
 *
 * @throws ObjectFormatError when types do not resolve.
 */
export function readRingNotes(maps: readonly MapSpec[], btf: Btf): MapSpec[] {
  const events = eventTypes(btf);
  const names = new Set(maps.map(({ name }) => name));
  return maps.map((map) => {
    const drops = `${DROPS}${map.name}`;
    const noted = names.has(drops) ? { ...map, dropCounter: drops } : map;
    const types = [...(events.get(map.name) ?? [])];
    if (map.event !== undefined || types.length === 0) return noted;
    if (types.length === 1) return { ...noted, event: { btf, id: types[0]! } };
    return { ...noted, eventHint: `map ${map.name}: events of ${types.length} types; use one map for each` };
  });
}

/** Structs and unions that pointers in the section point to, by the name of the map. */
function eventTypes(btf: Btf): Map<string, Set<number>> {
  const events = new Map<string, Set<number>>();
  for (const section of btf.findAll('datasec', EVENTS)) {
    for (const { type } of (btf.type(section) as BtfDatasec).variables) {
      const variable = btf.type(type);
      if (variable.kind !== 'var') continue;
      // Clang calls a variable of a function after both, and numbers those of one name.
      const [, map] = /(?:^|\.)rt_event_(\w+)(?:\.\d+)?$/.exec(variable.name) ?? [];
      const pointer = btf.type(btf.resolve(variable.type));
      if (map === undefined || pointer.kind !== 'ptr') continue;
      const id = btf.resolve(pointer.type);
      const { kind } = btf.type(id);
      if (kind !== 'struct' && kind !== 'union') continue;
      events.set(map, (events.get(map) ?? new Set()).add(id));
    }
  }
  return events;
}
