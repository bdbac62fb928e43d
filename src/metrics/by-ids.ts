import { type RingState, type RingType, readRing, ringType } from '../ringbuf/index.ts';
import { closeFd, mapInfo, objectIds, openById } from '../sys/index.ts';
import { ifThere } from './users.ts';

/**
 * Looks at all rings where there are no iterators: by their ids, each opened, mapped read-only, read and let go of again. It
 * takes CAP_SYS_ADMIN, and some 15 µs for each ring.
 */
export class RingsById {
  /** Type of each map by its id; undefined for maps that are no rings. */
  #types = new Map<number, RingType | undefined>();

  /**
   * @returns the rings by ascending id.
   * @throws PermissionError without CAP_SYS_ADMIN.
   */
  read(): RingState[] {
    const types = new Map<number, RingType | undefined>();
    const rings: RingState[] = [];
    for (const id of objectIds('MAP')) {
      // Ids are given out in turn: 2^31 maps are made before one comes again.
      if (this.#types.has(id) && this.#types.get(id) === undefined) types.set(id, undefined);
      else this.#look(id, types, rings);
    }
    this.#types = types;
    return rings;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #look(id: number, types: Map<number, RingType | undefined>, rings: RingState[]): void {
    const fd = ifThere(() => openById('MAP', id));
    if (fd === undefined) return;
    try {
      const info = mapInfo(fd, `map id ${id}`);
      const type = ringType(info.type);
      types.set(id, type);
      if (type !== undefined) rings.push(readRing(fd, info, type));
    } finally {
      closeFd(fd);
    }
  }
}
