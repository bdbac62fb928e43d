import { type RecordMemory, recordMemory } from '../btf/index.ts';
import { Mapping, native, Watch } from '../sys/index.ts';
import type { PositionWord } from './order.ts';

/** A 64-bit position in shared memory that somebody else may move: its low word alone, and all of it. */
export interface PositionView {
  readonly low: Int32Array;
  readonly whole: BigUint64Array;
}

/** A ring in memory as its consumer sees it: the data area and the two positions. */
export interface RingPages {
  /** Size of the data area in bytes: a power of two, where positions wrap. */
  readonly size: number;
  /** The data area. A record starts at `position & (size - 1)` and is never split: more memory lies behind the size. */
  readonly memory: RecordMemory;
  readonly producer: PositionView;
  readonly consumer: PositionView;
  /** The consumer's position, for storing it. */
  readonly published: PositionWord;
  /** Called after each store of it. */
  readonly onPublish?: () => void;
  /** Makes what waits for records. @param readable tells whether there is one. */
  watch(readable: () => boolean): Watch;
  /** Lets go of the memory. What is read later is zeros. */
  close(): void;
}

/** The pages of a ring in the kernel (layout.ts): the consumer's page writable, all others read-only. */
export class KernelPages implements RingPages {
  readonly size: number;
  readonly memory: RecordMemory;
  readonly producer: PositionView;
  readonly consumer: PositionView;
  readonly published: PositionWord;
  readonly #fd: number;
  readonly #mappings: readonly Mapping[];

  /** @throws BpfSyscallError or PermissionError when the kernel refuses to map it. */
  constructor(fd: number, name: string, size: number) {
    this.#fd = fd;
    this.size = size;
    const page = native().pageSize();
    const what = `ring ${name}`;
    const consumer = new Mapping(fd, { offset: 0, length: page, writable: true, what });
    let shared: Mapping;
    try {
      shared = new Mapping(fd, { offset: page, length: page + 2 * size, writable: false, what });
    } catch (error) {
      consumer.close();
      throw error;
    }
    this.#mappings = [consumer, shared];
    this.memory = recordMemory(shared.buffer, page, 2 * size);
    this.producer = positionView(shared.buffer, 0);
    this.consumer = positionView(consumer.buffer, 0);
    this.published = positionWord(consumer.buffer, 0);
  }

  /** Wakes at what poll(2) calls readable: a head record that is still being written counts. */
  watch(readable: () => boolean): Watch {
    return new Watch(this.#fd, readable);
  }

  close(): void {
    for (const mapping of this.#mappings) mapping.close();
  }
}

const LOW_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 4;

/** Views of the position at a multiple of 8 in a buffer. */
export function positionView(buffer: ArrayBufferLike, byteOffset: number): PositionView {
  return {
    low: new Int32Array(buffer, byteOffset + LOW_WORD, 1),
    whole: new BigUint64Array(buffer, byteOffset, 1),
  };
}

/** {@link positionView}, for storing. */
export function positionWord(buffer: ArrayBufferLike, byteOffset: number): PositionWord {
  return {
    float: new Float64Array(buffer, byteOffset, 1),
    bigint: new BigInt64Array(buffer, byteOffset, 1),
  };
}
