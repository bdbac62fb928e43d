import { BpfSyscallError, PermissionError } from '../errors/index.ts';
import { readMapOfMaps } from '../kernel/index.ts';
import { ProgramType, type ProgramTypeName } from '../spec/index.ts';
import { closeFd, objectIds, openById, programInfo } from '../sys/index.ts';

/** A loaded program that uses a ring. */
export interface RingProgram {
  readonly id: number;
  /** At most 15 bytes. */
  readonly name: string;
  /** The number of a type that this version has no name for. */
  readonly type: ProgramTypeName | number;
}

/** A program with the ids of the maps in its instructions. */
interface KnownProgram extends RingProgram {
  readonly mapIds: readonly number[];
}

/** Finds the programs that use rings, directly or as inner maps of maps of maps. Takes CAP_SYS_ADMIN. */
export class ProgramFinder {
  #programs = new Map<number, KnownProgram>();
  /** Of the maps that programs use: whether they hold maps. */
  #holdsMaps = new Map<number, boolean>();

  /**
   * Looks at programs that were not there before, and into all maps of maps.
   *
   * @returns the programs by the id of a map that they use; undefined without the permission to ask.
   */
  read(): Map<number, RingProgram[]> | undefined {
    try {
      return this.#read();
    } catch (error) {
      if (error instanceof PermissionError) return undefined;
      throw error;
    }
  }

  #read(): Map<number, RingProgram[]> {
    const programs = new Map<number, KnownProgram>();
    for (const id of objectIds('PROG')) {
      const program = this.#programs.get(id) ?? ifThere(() => describe(id));
      if (program !== undefined) programs.set(id, program);
    }
    this.#programs = programs;
    const used = new Set([...programs.values()].flatMap(({ mapIds }) => mapIds));
    const inner = this.#innerMaps(used);
    const users = new Map<number, RingProgram[]>();
    for (const { id, name, type, mapIds } of programs.values()) {
      const maps = new Set(mapIds.flatMap((map) => [map, ...(inner.get(map) ?? [])]));
      for (const map of maps) users.set(map, [...(users.get(map) ?? []), { id, name, type }]);
    }
    return users;
  }

  /** What is in each map of maps. */
  #innerMaps(ids: ReadonlySet<number>): Map<number, readonly number[]> {
    const inner = new Map<number, readonly number[]>();
    const holdsMaps = new Map<number, boolean>();
    for (const id of ids) {
      if (this.#holdsMaps.get(id) === false) {
        holdsMaps.set(id, false);
        continue;
      }
      const found = readMapOfMaps(id)?.mapIds;
      holdsMaps.set(id, found !== undefined);
      if (found !== undefined) inner.set(id, found);
    }
    this.#holdsMaps = holdsMaps;
    return inner;
  }
}

function describe(id: number): KnownProgram {
  const fd = openById('PROG', id);
  try {
    const { name, type, mapIds } = programInfo(fd, `program id ${id}`);
    const names = Object.keys(ProgramType) as ProgramTypeName[];
    return { id, name, type: names.find((known) => ProgramType[known] === type) ?? type, mapIds };
  } finally {
    closeFd(fd);
  }
}

/** Undefined for what went away between its listing and the look at it. @internal */
export function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}
