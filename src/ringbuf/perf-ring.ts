import { RecordError } from '../errors/index.ts';
import { closeFd, Mapping, native, perfOutputOpen, Watch } from '../sys/index.ts';
import { loadAcquire } from './order.ts';
import type { Head, Waitable } from './source.ts';

/*
 * offset 0         struct perf_event_mmap_page: u64 data_head at 1024, u64 data_tail at 1032   read-write
 * page             data, size bytes, once: a record may lie across the end
 *
 * struct perf_event_header { u32 type; u16 misc; u16 size; }, then
 *   PERF_RECORD_SAMPLE   u64 time; u32 raw size; raw bytes, padded so that all is a multiple of 8
 *   PERF_RECORD_LOST     u64 id; u64 lost
 */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;
const PERF_RECORD_LOST = 2;
const PERF_RECORD_SAMPLE = 9;
const HEADER_SIZE = 8;
/** Header, time and raw size. */
const RAW_OFFSET = 20;

const LOW_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Largest sample in bytes: `size` of a record has 16 bits. */
export const LARGEST_SAMPLE: number = 2 ** 16;

/** What the rings of a perf buffer have in common. */
export interface PerfRings {
  readonly name: string;
  /** Pages of data for each CPU: a power of two. */
  readonly pages: number;
  readonly wakeupEvents: number;
  readonly closed: boolean;
  readonly waits: Set<() => void>;
}

/** The ring of one CPU (kernel/events/ring_buffer.c), read in rounds: {@link look} says how far the next one goes. */
export class PerfRing implements Waitable {
  readonly cpu: number;
  readonly fd: number;
  readonly watch: Watch;
  lookEveryMs: number | undefined;
  /** Samples that the kernel had no room for, up to what was read. */
  lost = 0;
  /** Time in nanoseconds (rounded to 2^53) and payload length in bytes of the sample that {@link find} found. */
  time = 0;
  length = 0;
  readonly #rings: PerfRings;
  readonly #mapping: Mapping;
  readonly #head: Int32Array;
  readonly #tail: BigUint64Array;
  readonly #words: Int32Array;
  /** Low words of positions: where the round ends, up to where records were handed out, and up to where published. */
  #end: number;
  #read: number;
  #published: number;
  #publishedLost = 0;
  #before = { read: 0, lost: 0 };

  constructor(cpu: number, rings: PerfRings) {
    this.cpu = cpu;
    this.#rings = rings;
    const what = `perf buffer ${rings.name}`;
    const page = native().pageSize();
    this.fd = perfOutputOpen(cpu, rings.wakeupEvents, what);
    try {
      const length = (1 + rings.pages) * page;
      this.#mapping = new Mapping(this.fd, { offset: 0, length, writable: true, what });
    } catch (error) {
      closeFd(this.fd);
      throw error;
    }
    const { buffer } = this.#mapping;
    this.#head = new Int32Array(buffer, DATA_HEAD + LOW_WORD * 4, 1);
    this.#tail = new BigUint64Array(buffer, DATA_TAIL, 1);
    this.#words = new Int32Array(buffer, page);
    this.#read = Number(BigInt.asIntN(32, this.#tail[0]!));
    this.#published = this.#read;
    this.#end = this.#read;
    this.watch = new Watch(this.fd, () => loadAcquire(this.#head, 0) !== this.#read, { byWakeups: true });
  }

  get closed(): boolean {
    return this.#rings.closed;
  }

  get waits(): Set<() => void> {
    return this.#rings.waits;
  }

  head(): Head {
    return loadAcquire(this.#head, 0) === this.#read ? 'empty' : 'ready';
  }

  /** Begins a round with what is there now. @throws RecordError when the kernel's position cannot be right. */
  look(): void {
    // Acquire: pairs with the barrier before the kernel's store of data_head; records below it are complete.
    this.#end = loadAcquire(this.#head, 0);
    if ((this.#end - this.#read) >>> 0 > this.#words.length * 4) throw this.#corrupt();
  }

  /** Finds the next sample of the round, without moving past it; counts what was lost before it. */
  find(): boolean {
    for (;;) {
      const unread = (this.#end - this.#read) | 0;
      if (unread === 0) return false;
      const type = this.#word(0);
      const size = this.#word(4) >>> 16;
      if (size < HEADER_SIZE || size % 8 !== 0 || size > unread) throw this.#corrupt();
      if (type === PERF_RECORD_SAMPLE) {
        this.length = this.#word(16);
        if (size < RAW_OFFSET || this.length < 0 || this.length > size - RAW_OFFSET) throw this.#corrupt();
        this.time = this.#double(8);
        return true;
      }
      if (type === PERF_RECORD_LOST) this.lost += this.#double(16);
      this.#read = (this.#read + size) | 0;
    }
  }

  /** Copies the sample that {@link find} found to the start of `words`, and moves past it. */
  take(words: Int32Array): void {
    this.#before = { read: this.#read, lost: this.lost };
    const { length } = this;
    const source = this.#words;
    const mask = source.length - 1;
    const start = ((this.#read + RAW_OFFSET) >>> 2) & mask;
    for (let i = 0; i < length >>> 2; i++) words[i] = source[(start + i) & mask]!;
    this.#read = (this.#read + (this.#word(4) >>> 16)) | 0;
  }

  /** Takes back the last sample that was taken, and finds it again. */
  putBack(): void {
    this.#read = this.#before.read;
    this.lost = this.#before.lost;
    this.find();
  }

  publish(): void {
    if (this.closed || this.#read === this.#published) return;
    const moved = (this.#read - this.#published) >>> 0;
    this.#published = this.#read;
    this.#publishedLost = this.lost;
    // Release: the kernel may overwrite these records once it sees the position; we are done with them.
    Atomics.store(this.#tail, 0, this.#tail[0]! + BigInt(moved));
  }

  rewind(): void {
    this.#read = this.#published;
    this.#end = this.#published;
    this.lost = this.#publishedLost;
  }

  close(): void {
    try {
      this.watch.close();
    } finally {
      this.#mapping.close();
      closeFd(this.fd);
    }
  }

  #word(offset: number): number {
    return this.#words[((this.#read + offset) >>> 2) & (this.#words.length - 1)]!;
  }

  /** The 64-bit number at a multiple of 8. */
  #double(offset: number): number {
    const low = this.#word(offset + LOW_WORD * 4) >>> 0;
    return (this.#word(offset + 4 - LOW_WORD * 4) >>> 0) * 2 ** 32 + low;
  }

  #corrupt(): RecordError {
    return new RecordError({
      message: `perf buffer ${this.#rings.name}: what is at position ${this.#read >>> 0} of CPU ${this.cpu} cannot be right`,
      remedy: 'Close it and open it anew.',
    });
  }
}
