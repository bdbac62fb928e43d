import { MapType } from './constants.ts';
import type { TypeRef } from './object.ts';

/** What keys or values of a map are for users. */
export type MapForm =
  | { readonly form: 'typed'; readonly type: TypeRef }
  /** A prefix of so many bits of `size - 4` bytes. */
  | { readonly form: 'prefix'; readonly size: number }
  /** Put in as a map or program, comes out as its id. */
  | { readonly form: 'object' }
  | { readonly form: 'bytes'; readonly size: number };

const OF_OBJECTS: ReadonlySet<number> = new Set([
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.PROG_ARRAY,
]);

/**
 * Of the keys of a map.
 *
 * @param map its type, a MapType.
 */
export function keyForm(map: number, type: TypeRef | undefined, size = 0): MapForm {
  return map === MapType.LPM_TRIE && type === undefined ? { form: 'prefix', size } : plainForm(type, size);
}

/** Of the values of a map; of one CPU, in per-CPU maps. */
export function valueForm(map: number, type: TypeRef | undefined, size = 0): MapForm {
  return OF_OBJECTS.has(map) ? { form: 'object' } : plainForm(type, size);
}

/** The global data of an object (`DATASEC`) is bytes too: it is read and written by variable. */
function plainForm(type: TypeRef | undefined, size: number): MapForm {
  const isValue = type !== undefined && type.btf.type(type.id).kind !== 'datasec';
  return isValue ? { form: 'typed', type } : { form: 'bytes', size };
}
