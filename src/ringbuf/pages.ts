import { type RecordMemory, recordMemory } from '../btf/index.ts';
import { Mapping, native, type Region, viewRegion, Watch } from '../sys/index.ts';
import type { PositionWord } from './order.ts';

/** A 64-bit position in shared memory that somebody else may move: its low word alone, and all of it. */
export interface PositionView {
  readonly low: Int32Array;
  readonly whole: BigUint64Array;
}

/** A ring in memory as its consumer sees it: the data area and the two positions. */
export interface RingMemory {
  /** Size of the data area in bytes: a power of two, where positions wrap. */
  readonly size: number;
  /** The data area. A record starts at `position & (size - 1)` and is never split: more memory lies behind the size. */
  readonly data: RecordMemory;
  readonly producer: PositionView;
  readonly consumer: PositionView;
  /** The consumer's position, for storing it. */
  readonly published: PositionWord;
}

/** What a consumer reads. */
export interface RingPages {
  readonly ring: RingMemory;
  /** Called after each store of the consumer's position. */
  readonly onPublish?: () => void;
  /** Makes what waits for records. @param readable tells whether there is one. */
  watch(readable: () => boolean): Watch;
  /** Lets go of the memory. */
  close(): void;
}

/** The pages of a ring in the kernel (layout.ts): the consumer's page writable, all others read-only. */
export class KernelPages implements RingPages {
  readonly ring: RingMemory;
  readonly fd: number;
  readonly #mappings: readonly [consumer: Mapping, shared: Mapping];

  /** @throws BpfSyscallError or PermissionError when the kernel refuses to map it. */
  constructor(fd: number, name: string, size: number) {
    this.fd = fd;
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
    this.ring = kernelMemory(size, consumer.buffer, shared.buffer);
  }

  /** What another thread gets to read the ring by {@link sharedKernelMemory}. */
  get regions(): readonly [consumer: Region, shared: Region] {
    const [consumer, shared] = this.#mappings;
    return [consumer.region, shared.region];
  }

  /** Wakes at what poll(2) calls readable: a head record that is still being written counts. */
  watch(readable: () => boolean): Watch {
    return new Watch(this.fd, readable);
  }

  /** What is read later is zeros. */
  close(): void {
    for (const mapping of this.#mappings) mapping.close();
  }
}

/** The ring that another thread has mapped, under the terms of {@link viewRegion}. */
export function sharedKernelMemory(size: number, [consumer, shared]: KernelPages['regions']): RingMemory {
  return kernelMemory(size, viewRegion(consumer), viewRegion(shared));
}

/** @param shared the producer's page and the data, twice in a row. */
function kernelMemory(size: number, consumer: ArrayBuffer, shared: ArrayBuffer): RingMemory {
  return {
    size,
    data: recordMemory(shared, shared.byteLength - 2 * size, 2 * size),
    producer: positionView(shared, 0),
    consumer: positionView(consumer, 0),
    published: positionWord(consumer, 0),
  };
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
