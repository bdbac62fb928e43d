import { BpfSyscallError } from '../errors/index.ts';
import { MapType } from '../spec/index.ts';
import { BpfMap } from './map.ts';

/** What is in a map of maps. */
export interface MapOfMaps {
  readonly name: string;
  /** Ids of the maps in it. */
  readonly mapIds: readonly number[];
}

/**
 * Looks into a map of maps, anybody's.
 *
 * @returns undefined for another map, and for one that is gone.
 * @throws PermissionError: ids take CAP_SYS_ADMIN.
 */
export function readMapOfMaps(id: number): MapOfMaps | undefined {
  try {
    const map = BpfMap.openId<unknown, number>(id);
    try {
      const { name, type } = map.info();
      const holdsMaps = type === MapType.ARRAY_OF_MAPS || type === MapType.HASH_OF_MAPS;
      return holdsMaps ? { name, mapIds: [...map.values()] } : undefined;
    } finally {
      map.close();
    }
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}
