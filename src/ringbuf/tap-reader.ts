/**
 * Reading a ring without taking from it, and without a word to those who fill and read it.
 *
 * Nothing holds the records still, so each run of them is copied first and judged after. Why that is safe:
 *
 * - The kernel writes the header of a record at `producer_pos` before it publishes the position behind it, and the
 *   rest of the record after. So when `producer_pos` is P, no byte at or behind P + 8 was written yet; and what
 *   lies at `pos` is overwritten by what comes to lie at `pos + size`. A copy of what begins at `pos` is therefore
 *   intact if P, **loaded after the copy**, is at most `pos + size - 8`: {@link TapReader.#lapped}.
 * - A payload is complete once its header is seen without BUSY. So headers are read first, in order, each with acquire;
 *   only records that they show committed are copied. (A copy that reads header and payload at once may read them in
 *   any order.)
 * - Where the next record begins is known from the header before alone. Headers that were read are therefore believed
 *   only after a look at P has shown that none of them can have been overwritten meanwhile.
 *
 * Only two positions are record boundaries with certainty: `producer_pos`, which the kernel writes, and 0, where the
 * first record began. `consumer_pos` is one too as long as its owner is honest: it writes it as it likes. After being
 * lapped a tap goes on at `producer_pos`: that trusts nobody, and gives it a whole ring of headway, where a
 * position further back would be lapped again soon. `consumer_pos` serves only to begin with old records, and what
 * then turns out to be no record makes the tap go on at `producer_pos` too.
 */
import { type RecordMemory, recordMemory } from '../btf/index.ts';
import { ArgumentError } from '../errors/index.ts';
import { Mapping, native } from '../sys/index.ts';
import { DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';
import { copyAcquire, loadAcquire } from './order.ts';

/** Most bytes copied in one go, unless one record is longer: the shorter a copy, the less can overtake it. */
const RUN_SIZE = 64 * 1024;

/** What a tap had to leave out: the ring's programs were faster than it. */
export interface TapGap {
  /** Where it begins. */
  readonly position: bigint;
  /** Its length, with headers and discarded records. */
  readonly bytes: bigint;
  /** Records in it; undefined where they were overwritten before their headers were read. */
  readonly records: number | undefined;
}

/** Records that lie behind each other in the ring, as a copy of their own. */
export interface TapRun {
  /** What had to be left out before them. */
  readonly gap: TapGap | undefined;
  /** Position of the first byte of `memory`. */
  readonly position: bigint;
  readonly memory: RecordMemory;
  /** Offsets in `memory` of the payloads, and their lengths. */
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** The headers of a run. */
interface Headers {
  readonly offsets: number[];
  readonly lengths: number[];
  /** Offsets of headers of discarded records. */
  readonly discarded: number[];
  /** Bytes that they tell of. */
  readonly end: number;
  readonly stop: 'end' | 'busy' | 'damaged';
}

/** Where to begin: with what comes, with what is there, or where a tap before this one stopped. */
export type TapStart = 'newest' | 'oldest' | bigint;

/** The place of a tap in a ring, and the copying. */
export class TapReader {
  readonly size: number;
  /** Records copied out. */
  delivered = 0;
  discarded = 0;
  gaps = 0;
  skippedBytes = 0n;
  /** Of the skipped records those that were counted. */
  skippedRecords = 0;
  /** Records for which it had to wait, as they were still in writing. */
  busyWaits = 0;
  #position: bigint;
  #busy: bigint | undefined;
  readonly #mapping: Mapping;
  readonly #words: Int32Array;
  readonly #producer: BigUint64Array;
  readonly #room: bigint;

  /** @param fd of the ring; not needed after this. @throws BpfSyscallError, PermissionError. */
  constructor(fd: number, name: string, size: number, start: TapStart) {
    this.size = size;
    this.#room = BigInt(size - HEADER_SIZE);
    const page = native().pageSize();
    const what = `ring ${name}`;
    this.#mapping = new Mapping(fd, { offset: page, length: page + 2 * size, writable: false, what });
    this.#words = new Int32Array(this.#mapping.buffer, page, size / 2);
    this.#producer = new BigUint64Array(this.#mapping.buffer, 0, 1);
    this.#position = this.producerPosition;
    if (start === 'newest') return;
    try {
      this.#position = start === 'oldest' ? this.#oldest(fd, page, what) : this.#checked(start, name);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Where it stands: the header of the record that it reads next. */
  get position(): bigint {
    return this.#position;
  }

  /** `producer_pos`. */
  get producerPosition(): bigint {
    return Atomics.load(this.#producer, 0);
  }

  /**
   * Copies the records that are there, up to {@link RUN_SIZE} bytes. A run may be empty, where there was nothing but
   * discarded or lost records.
   *
   * @returns undefined when there is nothing new.
   */
  read(): TapRun | undefined {
    const from = this.#position;
    const produced = this.producerPosition;
    if (produced === from) return undefined;
    if (this.#lapped(from, produced)) return this.#resync(from);
    const headers = this.#readHeaders(from, Number(produced - from));
    const { end, stop } = headers;
    if (this.#lapped(from, this.producerPosition)) return this.#resync(from);
    if (end === 0) {
      if (stop === 'damaged') return this.#resync(from);
      if (this.#busy !== from) this.busyWaits++;
      this.#busy = from;
      return undefined;
    }
    const copy = new Int32Array(end / 4);
    copyAcquire(copy, this.#words, this.#offset(from) / 4);
    const overwritten = Number(this.producerPosition - from - this.#room);
    this.#position = from + BigInt(end);
    return this.#judge(from, copy.buffer, headers, overwritten);
  }

  close(): void {
    this.#mapping.close();
  }

  #offset(position: bigint): number {
    return Number(position & BigInt(this.size - 1));
  }

  /** Whether anything from a position on may have been overwritten by the time that `producer_pos` was `produced`. */
  #lapped(position: bigint, produced: bigint): boolean {
    return produced - position > this.#room;
  }

  /** Reads headers until one is in writing, or not one at all. @param unread bytes up to `producer_pos`. */
  #readHeaders(from: bigint, unread: number): Headers {
    const words = this.#words;
    const start = this.#offset(from);
    const offsets: number[] = [];
    const lengths: number[] = [];
    const discarded: number[] = [];
    let end = 0;
    let stop: Headers['stop'] = 'end';
    while (end < unread && end < RUN_SIZE) {
      const header = loadAcquire(words, (start + end) >>> 2);
      if (header < 0) {
        stop = 'busy';
        break;
      }
      const length = header & LENGTH_MASK;
      const step = (length + HEADER_SIZE + 7) & ~7;
      if (step > unread - end) {
        stop = 'damaged';
        break;
      }
      if (end > 0 && end + step > RUN_SIZE) break;
      if ((header & DISCARD_BIT) !== 0) {
        discarded.push(end);
      } else {
        offsets.push(end + HEADER_SIZE);
        lengths.push(length);
      }
      end += step;
    }
    return { offsets, lengths, discarded, end, stop };
  }

  /** @param overwritten bytes at the beginning of the copy that may be those of later records. */
  #judge(from: bigint, copy: ArrayBuffer, headers: Headers, overwritten: number): TapRun {
    const memory = recordMemory(copy, 0, copy.byteLength);
    let { offsets, lengths } = headers;
    const { discarded, end } = headers;
    let gap: TapGap | undefined;
    if (overwritten > 0) {
      const lost = countBelow(offsets, overwritten + HEADER_SIZE);
      const kept = Math.min(
        (offsets[lost] ?? end + HEADER_SIZE) - HEADER_SIZE,
        discarded[countBelow(discarded, overwritten)] ?? end,
      );
      gap = this.#skip({ position: from, bytes: BigInt(kept), records: lost });
      offsets = offsets.slice(lost);
      lengths = lengths.slice(lost);
      this.discarded += discarded.length - countBelow(discarded, overwritten);
    } else {
      this.discarded += discarded.length;
    }
    this.delivered += offsets.length;
    return { gap, position: from, memory, offsets, lengths };
  }

  #resync(from: bigint): TapRun {
    const position = this.producerPosition;
    this.#position = position;
    const gap = this.#skip({ position: from, bytes: position - from, records: undefined });
    return { gap, position, memory: recordMemory(new ArrayBuffer(0), 0, 0), offsets: [], lengths: [] };
  }

  #skip(gap: TapGap): TapGap {
    this.gaps++;
    this.skippedBytes += gap.bytes;
    this.skippedRecords += gap.records ?? 0;
    return gap;
  }

  /** A position that is ahead of the ring, or between two records, was not that of a tap. */
  #checked(position: bigint, name: string): bigint {
    if (position >= 0n && position <= this.#position && position % 8n === 0n) return position;
    throw new ArgumentError({
      message: `a tap of ring ${name} cannot begin at position ${position}: the ring is at ${this.#position}`,
      remedy: 'Give the position of an earlier tap of the same ring, as its stats() told it.',
    });
  }

  /** The first record of all while it is there; else the oldest that the owner has not read. */
  #oldest(fd: number, page: number, what: string): bigint {
    const consumer = new Mapping(fd, { offset: 0, length: page, writable: false, what });
    const consumed = Atomics.load(new BigUint64Array(consumer.buffer, 0, 1), 0);
    consumer.close();
    const produced = this.producerPosition;
    if (!this.#lapped(0n, produced)) return 0n;
    const isRight = consumed <= produced && consumed % 8n === 0n && !this.#lapped(consumed, produced);
    return isRight ? consumed : produced;
  }
}

/** How many of some ascending numbers are below a limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  const index = numbers.findIndex((number) => number >= limit);
  return index < 0 ? numbers.length : index;
}
