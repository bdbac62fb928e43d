import type { RecordMemory } from '../btf/index.ts';
import { RecordError } from '../errors/index.ts';
import type { Watch } from '../sys/index.ts';
import { freshCopy } from './fresh-copy.ts';
import { goesOn, type Handler, type Take } from './handler.ts';
import { DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';
import { loadAcquire, storeRelease } from './order.ts';
import type { RingPages } from './pages.ts';
import { countRecords, createScan, type Scan, type ScanState, UNCOUNTED } from './scan.ts';
import { type Drain, FIRST_CHUNK, type Head, LAST_CHUNK, RecordSource, type Waitable } from './source.ts';

/**
 * The one reader of a ring: its positions, and the scan over its records.
 *
 * Two positions: up to `read` records were handed out, up to `published` the kernel may overwrite them.
 * `read` runs ahead of `published` only while somebody looks at the records between them.
 */
export class Consumer extends RecordSource implements Waitable {
  /** Size of the data area in bytes. */
  readonly size: number;
  readonly memory: RecordMemory;
  readonly parts: readonly Waitable[] = [this];
  lookEveryMs: number | undefined;

  readonly #pages: RingPages;
  readonly #words: Int32Array;
  readonly #producer: Int32Array;
  readonly #consumer: Int32Array;
  readonly #mask: number;
  /** Its position is the one up to which records were handed out. */
  readonly #state: ScanState = { position: 0, handed: 0, discarded: 0, closed: false };
  #beforeLow = 0;
  #publishedLow = 0;
  #publishedHigh = 0;
  /** Discarded records up to `published`. */
  #publishedDiscarded = 0;
  /** Whether handlers are being called. */
  #draining = false;
  /** Where the scan began that calls them: low word of the position. */
  #start = 0;
  /** The handler of the latest poll, and how many records it gets between two looks at the clock. */
  #handler: Handler<never> | undefined;
  #chunk = FIRST_CHUNK;
  #watch: Watch | undefined;
  #busySince: { readonly position: number; readonly time: number } | undefined;

  /** @throws RecordError when the positions in the ring cannot be those of a ring of this size. */
  constructor(name: string, pages: RingPages) {
    super(name);
    this.#pages = pages;
    const { size, data, producer, consumer } = pages.ring;
    this.size = size;
    this.memory = data;
    this.#mask = size - 1;
    this.#words = data.i32;
    this.#producer = producer.low;
    this.#consumer = consumer.low;
    this.follow();
    const start = this.consumerPosition;
    const ahead = this.producerPosition - start;
    if (ahead < 0n || ahead > BigInt(this.size) || start % 8n !== 0n) {
      pages.close();
      throw this.#corrupt(start);
    }
  }

  get closed(): boolean {
    return this.#state.closed;
  }

  /** Records that were skipped because the program discarded them. */
  get discarded(): number {
    return this.#state.discarded;
  }

  /** `producer_pos`: moves when a record is reserved, not when it is submitted. */
  get producerPosition(): bigint {
    return Atomics.load(this.#pages.ring.producer.whole, 0);
  }

  /** `consumer_pos`. */
  get consumerPosition(): bigint {
    return Atomics.load(this.#pages.ring.consumer.whole, 0);
  }

  /** Wakes for a head record that is still being written, too. */
  get watch(): Watch {
    this.#watch ??= this.#pages.watch(() => loadAcquire(this.#producer, 0) !== this.#publishedLow);
    return this.#watch;
  }

  /** Looks at the oldest record that was not handed out. */
  head(): Head {
    this.assertOpen();
    if (loadAcquire(this.#producer, 0) === this.#state.position) return 'empty';
    if (loadAcquire(this.#words, (this.#state.position & this.#mask) >>> 2) >= 0) return 'ready';
    if (this.#busySince?.position !== this.#state.position) {
      this.#busySince = { position: this.#state.position, time: Date.now() };
    }
    return 'busy';
  }

  /** Since when the head record is known to be still in writing, in milliseconds since the epoch. */
  get stalledSince(): number | undefined {
    return this.head() === 'busy' ? this.#busySince?.time : undefined;
  }

  drainer<E>(take: Take<E>): Drain<E> {
    let scan: Scan<E> | undefined;
    return (handler, max, deadline) => {
      scan ??= freshCopy(createScan<E>)({
        state: this.#state,
        words: this.#words,
        mask: this.#mask,
        load: loadAcquire,
        take,
        goesOn,
        corrupt: () => this.#corrupt(this.consumerPosition),
      });
      return this.#drain(scan, handler, max, deadline);
    };
  }

  #drain<E>(scan: Scan<E>, handler: Handler<E>, max: number, deadline?: number): number {
    const state = this.#state;
    const before = this.delivered;
    let taken = 0;
    let size = deadline === undefined ? FIRST_CHUNK : this.#chunkOf(handler);
    // Acquire: pairs with the release of producer_pos; records below it have a header.
    let producer = loadAcquire(this.#producer, 0);
    this.#draining = true;
    for (let isEnd = false; !isEnd; ) {
      this.#start = state.position;
      const wantsMore = scan(handler, Math.min(size, max - taken), this.#distance(producer));
      if (state.closed) break;
      // Somebody else who moves it lets the kernel overwrite what is handed out.
      if (loadAcquire(this.#consumer, 0) !== this.#publishedLow) throw this.#corrupt(this.consumerPosition);
      this.#settle();
      taken = this.delivered - before;
      isEnd = !wantsMore || state.position === this.#start || taken === max;
      if (deadline !== undefined) {
        if (performance.now() >= deadline) {
          this.#chunk = FIRST_CHUNK;
          break;
        }
        producer = loadAcquire(this.#producer, 0);
      }
      // Before a look at a ring that has nothing more.
      isEnd ||= state.position === producer;
      if (!isEnd && size < LAST_CHUNK) {
        size *= 2;
        if (deadline !== undefined) this.#chunk = size;
      }
    }
    this.#draining = false;
    return this.delivered - before;
  }

  /**
   * Records of the first chunk. A handler begins with the size that its last poll came to, unless that had used up its time:
   * to take 500 records, with fewer looks at the clock, costs a sixth less.
   */
  #chunkOf(handler: Handler<never>): number {
    if (handler !== this.#handler) this.#chunk = FIRST_CHUNK;
    this.#handler = handler;
    return this.#chunk;
  }

  /** Consumes what a drain has handed out. */
  #settle(): void {
    const state = this.#state;
    if (state.handed === UNCOUNTED) {
      const ring = { words: this.#words, mask: this.#mask, load: loadAcquire };
      state.handed = countRecords(ring, this.#start, state.position);
    }
    this.delivered += state.handed;
    state.handed = 0;
    this.publish();
  }

  /** Ends the reading; consumes what a handler that threw had been given, its record included. */
  override release(): void {
    if (this.#draining) this.#settle();
    this.#draining = false;
    super.release();
  }

  offset = 0;
  length = 0;

  next(): boolean {
    const state = this.#state;
    for (;;) {
      this.#beforeLow = state.position;
      const unread = this.#distance(loadAcquire(this.#producer, 0));
      if (unread === 0) return false;
      const offset = state.position & this.#mask;
      const header = loadAcquire(this.#words, offset >>> 2);
      if (header < 0) return false;
      this.length = header & LENGTH_MASK;
      this.offset = offset + HEADER_SIZE;
      const step = (this.length + HEADER_SIZE + 7) & ~7;
      if (step > unread) throw this.#corrupt(this.consumerPosition);
      state.position = (state.position + step) | 0;
      if ((header & DISCARD_BIT) === 0) {
        this.delivered++;
        return true;
      }
      state.discarded++;
    }
  }

  putBack(): void {
    if (this.#state.position === this.#beforeLow) return;
    this.#state.position = this.#beforeLow;
    this.delivered--;
  }

  publish(): void {
    this.publishTo(this.#state.position, this.discarded);
  }

  /** Low word of the position up to which records were handed out. */
  get position(): number {
    return this.#state.position;
  }

  /** Whether what is unread or unpublished fills more than half of the ring. */
  get isHalfFull(): boolean {
    return (loadAcquire(this.#producer, 0) - this.#publishedLow) >>> 0 > this.size / 2;
  }

  /**
   * Publishes a part of what was read.
   *
   * @param low {@link position} at that time.
   * @param discarded as it was then.
   */
  publishTo(low: number, discarded: number): void {
    if (this.closed || low === this.#publishedLow) return;
    if (low >>> 0 < this.#publishedLow >>> 0) this.#publishedHigh = (this.#publishedHigh + 1) | 0;
    this.#publishedLow = low;
    this.#publishedDiscarded = discarded;
    this.#busySince = undefined;
    // Release: the kernel may overwrite these records once it sees the position; we are done with them.
    storeRelease(this.#pages.ring.published, this.#publishedLow, this.#publishedHigh);
    this.#pages.onPublish?.();
  }

  /** Takes up the consumer's position after somebody else has moved it. */
  follow(): void {
    const position = this.consumerPosition;
    this.#publishedLow = Number(position & 0xffff_ffffn) | 0;
    this.#state.position = this.#publishedLow;
    this.#publishedHigh = Number(position >> 32n) | 0;
  }

  rewind(): void {
    this.#state.position = this.#publishedLow;
    this.#state.discarded = this.#publishedDiscarded;
  }

  /**
   * Unmaps. What was not published stays in the ring for whoever opens it next. Called by a handler, it publishes
   * what was handed to handlers, that record included: no other reader is to get them again.
   */
  close(): void {
    if (this.closed) return;
    if (this.#draining) this.#settle();
    this.#state.closed = true;
    this.interrupt();
    try {
      this.#watch?.close();
    } finally {
      this.#pages.close();
    }
  }

  /** Unread bytes, given the producer's position. */
  #distance(producer: number): number {
    const unread = (producer - this.#state.position) | 0;
    // As unsigned: a consumer ahead of the producer is very far behind.
    if (unread >>> 0 > this.size) throw this.#corrupt(this.consumerPosition);
    return unread;
  }

  #corrupt(consumer: bigint): RecordError {
    return new RecordError({
      message: `ring ${this.name} of ${this.size} bytes: consumer position ${consumer} cannot be right`,
      remedy: 'Somebody else wrote to its consumer page. End the other reader, and create the ring anew.',
    });
  }
}
