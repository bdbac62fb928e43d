import type { Decoder } from '../btf/index.ts';
import { ArgumentError, BusyError, ClosedError, NotSupportedError } from '../errors/index.ts';
import { MapFlags, MapType } from '../spec/index.ts';
import { closeFd, type MapInfo, mapInfo, native, objectGet, openById } from '../sys/index.ts';
import { shortRecord } from './form.ts';
import { type ItemSource, RingIterator } from './iterators.ts';
import { checkRingSize, HEADER_SIZE } from './layout.ts';
import { positive } from './ring-reader.ts';
import { DEFAULT_BATCH } from './ring-stream.ts';
import { type TapGap, TapReader, type TapRun } from './tap-reader.ts';
import { nextTurn, turnDeadline } from './turn.ts';
import { pause, type WaitOptions } from './wait.ts';

/** What a {@link RingTap} begins with, and makes of records. */
export interface RingTapOptions<E> {
  /** Makes events of records. Without it events are bytes. */
  readonly decoder?: Decoder<E> | undefined;
  /**
   * Begins with what is there still: the first record of all, until the ring has once been filled; then the oldest that
   * its owner has not read (further back nothing says where a record begins).
   */
  readonly fromOldest?: boolean | undefined;
  /** Goes on where an earlier tap of the ring stopped: the `position` of its {@link RingTap.stats}. Wins over `fromOldest`. */
  readonly from?: bigint | undefined;
}

/** A record as it is in the ring. */
export interface TapRecord {
  readonly kind: 'record';
  /** Position of its header, which no other record of this ring ever has. */
  readonly position: bigint;
  /** A copy of its payload. */
  readonly bytes: Uint8Array;
}

/** What a tap sees of a ring, in its order: records, and gaps where it had to leave some out. */
export type TapItem = TapRecord | ({ readonly kind: 'gap' } & TapGap);

/** State of a tap. */
export interface TapStats {
  /** Size of the data area in bytes. */
  readonly size: number;
  /** Up to where the tap has read. */
  readonly position: bigint;
  /** `producer_pos`. */
  readonly producerPosition: bigint;
  /** Records copied out of the ring. */
  readonly delivered: number;
  /** Records that the program reserved and then discarded. */
  readonly discarded: number;
  /** Times that the ring's programs were faster than the tap, which had to leave something out. */
  readonly gaps: number;
  /** Bytes left out, with headers and discarded records. */
  readonly skippedBytes: bigint;
  /** Of the records left out those that could be counted. */
  readonly skippedRecords: number;
  /** Records for which the tap waited, as they were still in writing. */
  readonly busyWaits: number;
}

/** Pauses between looks at a ring in which nothing is new, in milliseconds. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 16;

/**
 * Sees the records of any ring of the machine, without taking them: its owner gets all of them, and notices nothing.
 *
 * - It maps the ring read-only, and writes nothing. Every event was made from a copy of which it is certain that
 *   nothing had overwritten it.
 * - It waits by looking, again and again at once while something comes, then every 1 to 16 ms. (To wait by the ring's own wake-ups would make the program that fills it wake two
 *   processes instead of one, and would depend on how fast the owner reads.)
 * - A ring that is filled faster than the tap reads overtakes it: what it leaves out then is counted in
 *   {@link TapStats}, and is told in its place by {@link items}.
 * - Several taps may look at one ring, also beside its consumer in this process.
 * - **It keeps the ring alive** while it is open: the memory of a ring whose owner has ended is freed when the last tap
 *   closes. A ring without an owner stays silent; the kernel does not tell.
 *
 * @example
 * ```ts
 * const tap = RingTap.open('/sys/fs/bpf/events', { decoder });
 * for await (const event of tap) console.log(event.pid);
 * ```
 */
export class RingTap<E = Uint8Array> implements AsyncIterable<E>, Disposable {
  /** Name of the map. */
  readonly name: string;
  /** The map's id in the kernel. */
  readonly mapId: number;
  readonly #reader: TapReader;
  readonly #decoder: Decoder<E> | undefined;
  readonly #waits: Set<() => void> = new Set();
  #run: TapRun | undefined;
  /** Next record of the run. */
  #next = 0;
  #gapTold = true;
  #user: string | undefined;
  /** Milliseconds until the next look; 0 for the next turn of the event loop. */
  #pause = 0;
  #closed = false;

  private constructor(
    info: { name: string; id: number },
    reader: TapReader,
    decoder: Decoder<E> | undefined,
  ) {
    this.name = info.name;
    this.mapId = info.id;
    this.#reader = reader;
    this.#decoder = decoder;
  }

  /**
   * Begins to look at a ring of any process.
   *
   * @param ring map id, or the path of a pin.
   * @throws NotSupportedError for user rings and rings in overwrite mode; ArgumentError for other maps, and for a position
   *   that cannot be one of this ring;
   *   PermissionError (ids take CAP_SYS_ADMIN), BpfSyscallError.
   */
  static open<E = Uint8Array>(ring: number | string, options: RingTapOptions<E> = {}): RingTap<E> {
    const fd = typeof ring === 'number' ? openById('MAP', ring) : objectGet(ring);
    try {
      const info = mapInfo(fd, `map ${ring}`);
      checkKind(info);
      const start = options.from ?? (options.fromOldest ? 'oldest' : 'newest');
      return new RingTap(info, new TapReader(fd, info.name, info.maxEntries, start), options.decoder);
    } finally {
      // Its mapping is enough.
      closeFd(fd);
    }
  }

  /**
   * Iterates over events, waiting for more at the end. An event is the iterator's own: a loop that breaks has had it.
   *
   * @throws RecordError for a record that is shorter than its type; the next loop goes on behind it. AbortError.
   */
  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<E> {
    return this.#iterate(() => (this.#hasRecord() ? this.#takeEvent() : undefined), options);
  }

  /** Iterates over arrays of 1 to `max` events, as many as are there. */
  batches(options: { max?: number; signal?: AbortSignal } = {}): AsyncIterableIterator<readonly E[]> {
    const max = positive('max', options.max ?? DEFAULT_BATCH);
    return this.#iterate(() => this.#takeBatch(max), options);
  }

  /** Iterates over arrays of undecoded records with their positions, and the gaps between them. */
  items(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<readonly TapItem[]> {
    return this.#iterate(() => this.#takeItems(), options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.events();
  }

  /**
   * What is there now, without waiting: records and gaps of the next 64 KiB at most, or of one record that is longer. It may
   * be empty although {@link stats} shows that the tap went on, over discarded records.
   *
   * With `from` it is how to look at a ring now and then, and not to keep it alive in between.
   *
   * @throws BusyError while a loop reads the tap; ClosedError.
   * @example
   * ```ts
   * const tap = RingTap.open(id, { from: position });
   * for (const item of tap.read()) console.log(item.kind, item.position);
   * ({ position } = tap.stats());
   * tap.close();
   * ```
   */
  read(): readonly TapItem[] {
    this.#claim('read()');
    try {
      return this.#hasItems() ? this.#takeRun() : [];
    } finally {
      this.#user = undefined;
    }
  }

  /** Positions and counts of the moment. @throws ClosedError. */
  stats(): TapStats {
    this.#assertOpen();
    const { size, position, delivered, discarded } = this.#reader;
    const { gaps, skippedBytes, skippedRecords, busyWaits, producerPosition } = this.#reader;
    return {
      size,
      position,
      producerPosition,
      delivered,
      discarded,
      gaps,
      skippedBytes,
      skippedRecords,
      busyWaits,
    };
  }

  /** Ends loops and lets go of the ring. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#run = undefined;
    this.#interrupt();
    this.#reader.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Moves to the next run that has records left. @returns false if there is none now. */
  #hasRecord(): boolean {
    while (this.#run === undefined || this.#next >= this.#run.offsets.length) {
      if (!this.#nextRun()) return false;
    }
    return true;
  }

  #nextRun(): boolean {
    const run = this.#reader.read();
    this.#run = run;
    this.#next = 0;
    this.#gapTold = run?.gap === undefined;
    if (run === undefined) return false;
    this.#pause = 0;
    return true;
  }

  #takeEvent(): E {
    const { memory, offsets, lengths } = this.#run!;
    const index = this.#next++;
    const offset = offsets[index]!;
    const length = lengths[index]!;
    const decoder = this.#decoder;
    if (decoder === undefined) return memory.bytes.slice(offset, offset + length) as Uint8Array as E;
    if (length < decoder.size) throw shortRecord(this.name, length, decoder.size);
    return decoder.decode(memory, offset, length);
  }

  /** A record that cannot be decoded ends the batch before it. */
  #takeBatch(max: number): readonly E[] | undefined {
    const batch: E[] = [];
    const deadline = turnDeadline();
    try {
      while (batch.length < max && this.#hasRecord()) {
        batch.push(this.#takeEvent());
        if ((batch.length & 63) === 0 && performance.now() >= deadline) break;
      }
    } catch (error) {
      if (batch.length === 0) throw error;
      this.#next--;
    }
    return batch.length > 0 ? batch : undefined;
  }

  #takeItems(): readonly TapItem[] | undefined {
    while (this.#hasItems()) {
      const items = this.#takeRun();
      if (items.length > 0) return items;
    }
    return undefined;
  }

  /** Moves to the next run unless this one has items left. @returns false if there is none now. */
  #hasItems(): boolean {
    const run = this.#run;
    return (run !== undefined && (!this.#gapTold || this.#next < run.offsets.length)) || this.#nextRun();
  }

  /** What is left of the run. */
  #takeRun(): TapItem[] {
    const items: TapItem[] = [];
    const { gap, position, memory, offsets, lengths } = this.#run!;
    if (!this.#gapTold) items.push({ kind: 'gap', ...gap! });
    this.#gapTold = true;
    for (; this.#next < offsets.length; this.#next++) {
      const offset = offsets[this.#next]!;
      items.push({
        kind: 'record',
        position: position + BigInt(offset - HEADER_SIZE),
        bytes: memory.bytes.slice(offset, offset + lengths[this.#next]!),
      });
    }
    return items;
  }

  #iterate<T>(take: () => T | undefined, options: { signal?: AbortSignal }): AsyncIterableIterator<T> {
    const tap = this;
    const source: ItemSource<T> = {
      get closed(): boolean {
        return tap.#closed;
      },
      take,
      claim: (user) => this.#claim(user),
      release: () => {
        this.#user = undefined;
      },
      // A tap gives nothing back.
      publish: () => {},
      rewind: () => {},
      wait: (waitOptions) => this.#wait(waitOptions),
      interrupt: () => this.#interrupt(),
      onTurn: () => {},
    };
    return new RingIterator(source, options.signal);
  }

  #wait(options: WaitOptions): Promise<unknown> {
    const ms = this.#pause;
    this.#pause = Math.min(Math.max(ms * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    if (ms === 0) return nextTurn();
    const place = { closed: this.#closed, waits: this.#waits, watch: { keepsAlive: true } };
    return pause(ms, [place], options);
  }

  #claim(user: string): void {
    this.#assertOpen();
    if (this.#user !== undefined) {
      throw new BusyError({
        message: `the tap of ring ${this.name} is being read by ${this.#user}`,
        remedy: 'End that loop first, or open a second tap.',
      });
    }
    this.#user = user;
  }

  #interrupt(): void {
    for (const end of [...this.#waits]) end();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError(`the tap of ring ${this.name}`);
  }
}

/** @throws NotSupportedError, ArgumentError unless a tap can follow the map. */
function checkKind({ name, type, flags, maxEntries }: MapInfo): void {
  if (type === MapType.USER_RINGBUF) {
    throw new NotSupportedError({
      feature: 'taps of user rings',
      message: `map ${name} is a user ring, which its owner fills and the kernel empties`,
      remedy: 'Tap a ring that programs fill (BPF_MAP_TYPE_RINGBUF).',
    });
  }
  if (type !== MapType.RINGBUF) {
    throw new ArgumentError({
      message: `map ${name} is of type ${type}, not BPF_MAP_TYPE_RINGBUF (${MapType.RINGBUF})`,
      remedy: 'Name a ring buffer; `bpftool map` lists the maps of this machine.',
    });
  }
  if ((flags & MapFlags.RB_OVERWRITE) !== 0) {
    throw new NotSupportedError({
      feature: 'taps of rings in overwrite mode',
      message: `ring ${name} overwrites its oldest records (BPF_F_RB_OVERWRITE), so nothing tells what is intact`,
      remedy: 'Read it with its owner.',
    });
  }
  checkRingSize(name, maxEntries, native().pageSize());
}
