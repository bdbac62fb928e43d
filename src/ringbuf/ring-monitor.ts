import { ArgumentError, BpfSyscallError } from '../errors/index.ts';
import { closeFd, type MapInfo, mapInfo, native, objectGet, openById, withMapping } from '../sys/index.ts';
import { type RingState, type RingType, ringState, ringType } from './ring-state.ts';

/**
 * Watches the positions of one ring, anybody's, by looking when asked.
 *
 * It writes nothing and takes nothing, and holds nothing between two looks: the ring dies when its owner lets go of
 * it, as if nobody had watched. (An open fd or a mapping would keep it alive, unseen.)
 *
 * @example
 * ```ts
 * const monitor = RingMonitor.open('/sys/fs/bpf/events');
 * const state = monitor.read();
 * if (state !== undefined) console.log(`${state.unread} of ${state.size} bytes unread`);
 * ```
 */
export class RingMonitor {
  /** The map's id in the kernel. */
  readonly id: number;
  readonly name: string;
  readonly type: RingType;
  /** Size of the data area in bytes. */
  readonly size: number;
  readonly #open: () => number;

  private constructor(open: () => number, info: MapInfo, type: RingType) {
    this.#open = open;
    this.id = info.id;
    this.name = info.name;
    this.type = type;
    this.size = info.maxEntries;
  }

  /**
   * @param ring id, which takes CAP_SYS_ADMIN, or path of a pin.
   * @throws ArgumentError where that is no ring; PermissionError, BpfSyscallError.
   */
  static open(ring: number | string): RingMonitor {
    const open =
      typeof ring === 'number' ? (): number => openById('MAP', ring) : (): number => objectGet(ring);
    const fd = open();
    try {
      const info = mapInfo(fd, typeof ring === 'number' ? `map id ${ring}` : `pin ${ring}`);
      const type = ringType(info.type);
      if (type !== undefined) return new RingMonitor(open, info, type);
      throw new ArgumentError({
        message: `map ${info.name} (id ${info.id}) is of type ${info.type}, which is no ring`,
        remedy: 'Name a ring; `ringtail top` lists those of this machine.',
      });
    } finally {
      closeFd(fd);
    }
  }

  /**
   * Opens the ring, maps its pages read-only, reads, and lets go of it again: some 15 µs.
   *
   * @returns undefined once the ring is gone.
   * @throws PermissionError, BpfSyscallError.
   */
  read(): RingState | undefined {
    let fd: number;
    try {
      fd = this.#open();
    } catch (error) {
      if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const info = mapInfo(fd, `ring ${this.name}`);
      // A pin may have been replaced by another.
      return info.id === this.id ? readRing(fd, info, this.type) : undefined;
    } finally {
      closeFd(fd);
    }
  }
}

/**
 * Reads a ring's state from its pages, mapped read-only for as long as it takes.
 *
 * @throws PermissionError, BpfSyscallError.
 */
export function readRing(fd: number, info: MapInfo, type: RingType): RingState {
  const page = native().pageSize();
  const what = `ring ${info.name}`;
  return withMapping(fd, { offset: 0, length: 2 * page, what }, (positions) => {
    const words = new BigUint64Array(positions);
    // In this order: see ringState(). The pages begin with the positions.
    const consumer = Atomics.load(words, 0);
    const producer = Atomics.load(words, page / 8);
    const time = process.hrtime.bigint();
    const header = producer === consumer ? 0 : readHeader(fd, what, info.maxEntries, consumer);
    const consumerAfter = Atomics.load(words, 0);
    const { id, name, maxEntries: size, flags } = info;
    return ringState({ id, name, type, size, flags, time }, { consumer, producer, consumerAfter, header });
  });
}

function readHeader(fd: number, what: string, size: number, position: bigint): number {
  const page = native().pageSize();
  const place = Number(position & BigInt(size - 1));
  const inPage = place % page;
  return withMapping(fd, { offset: 2 * page + place - inPage, length: page, what }, (bytes) =>
    // A position that is no multiple of 8 was written by a broken consumer: there is no record there.
    inPage % 8 === 0 ? new Int32Array(bytes, inPage, 1)[0]! : 0,
  );
}
