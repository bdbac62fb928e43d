import type { RecordMemory } from '../btf/index.ts';
import { RecordError } from '../errors/index.ts';
import type { Watch } from '../sys/index.ts';
import { DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';
import { loadAcquire, storeRelease } from './order.ts';
import type { RingPages } from './pages.ts';
import { type Deliver, FIRST_CHUNK, type Head, LAST_CHUNK, RecordSource, type Waitable } from './source.ts';

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
  /** Records that were skipped because the program discarded them. */
  discarded = 0;

  readonly #pages: RingPages;
  readonly #words: Int32Array;
  readonly #producer: Int32Array;
  readonly #consumer: Int32Array;
  readonly #mask: number;
  /** Low words, as signed integers: V8 keeps those in registers. */
  #readLow = 0;
  #beforeLow = 0;
  #publishedLow = 0;
  #publishedHigh = 0;
  /** Discarded records up to `published`. */
  #publishedDiscarded = 0;
  /** While a drain is in its loop: past the last record handed out, and how many were since `read`. */
  #handedLow = 0;
  #handed = 0;
  #delivering = false;
  /** Whether the handler wants no more. */
  #isEnough = false;
  #closed = false;
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
      this.close();
      throw this.#corrupt(start);
    }
  }

  get closed(): boolean {
    return this.#closed;
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
    if (loadAcquire(this.#producer, 0) === this.#readLow) return 'empty';
    if (loadAcquire(this.#words, (this.#readLow & this.#mask) >>> 2) >= 0) return 'ready';
    if (this.#busySince?.position !== this.#readLow) {
      this.#busySince = { position: this.#readLow, time: Date.now() };
    }
    return 'busy';
  }

  /** Since when the head record is known to be still in writing, in milliseconds since the epoch. */
  get stalledSince(): number | undefined {
    return this.head() === 'busy' ? this.#busySince?.time : undefined;
  }

  drain(deliver: Deliver, max: number, deadline?: number): number {
    // Acquire: pairs with the release of producer_pos; records below it have a header.
    let producer = loadAcquire(this.#producer, 0);
    let delivered = 0;
    let size = FIRST_CHUNK;
    for (;;) {
      const start = this.#readLow;
      delivered += this.#deliver(deliver, size, Math.min(size, max - delivered), producer);
      if (this.#closed) return delivered;
      // Somebody else who moves it lets the kernel overwrite what is handed out.
      if (loadAcquire(this.#consumer, 0) !== this.#publishedLow) throw this.#corrupt(this.consumerPosition);
      const isEnd = this.#isEnough || this.#handedLow === start || delivered === max;
      this.#settle();
      if (isEnd) return delivered;
      if (deadline !== undefined) {
        if (performance.now() >= deadline) return delivered;
        producer = loadAcquire(this.#producer, 0);
      }
      if (size < LAST_CHUNK) size *= 2;
    }
  }

  /**
   * Delivers the committed records from `read` to `producer`: at most `size` headers and `max` records. One small loop
   * whose state V8 keeps in registers; for the same reason there is no try block around it, see {@link release}.
   */
  #deliver(deliver: Deliver, size: number, max: number, producer: number): number {
    // In the loop V8 would read what is imported each time, and each time check that it is a small integer. A local
    // made by `| 0` is a plain 32-bit number.
    const load = loadAcquire;
    const headerSize = HEADER_SIZE | 0;
    const lengthMask = LENGTH_MASK | 0;
    const discardBit = DISCARD_BIT | 0;
    const mask = this.#mask | 0;
    const most = max | 0;
    const words = this.#words;
    let read = this.#readLow | 0;
    let unread = (producer - read) | 0;
    this.#checkDistance(unread);
    let count = 0;
    this.#handedLow = read;
    this.#handed = 0;
    this.#isEnough = false;
    this.#delivering = true;
    for (let left = size | 0; left > 0 && unread > 0; left--) {
      const offset = read & mask;
      // Acquire: pairs with the xchg that commits the record; its payload is complete behind this.
      const header = load(words, offset >>> 2);
      if (header < 0) break;
      const length = header & lengthMask;
      const step = (length + headerSize + 7) & ~7;
      if (step > unread) throw this.#corrupt(this.consumerPosition);
      read = (read + step) | 0;
      unread -= step;
      this.#handedLow = read;
      if ((header & discardBit) !== 0) {
        this.discarded++;
        continue;
      }
      this.#handed = ++count;
      if (!deliver(offset + headerSize, length)) {
        this.#isEnough = true;
        break;
      }
      if (count === most || this.#closed) break;
    }
    return count;
  }

  /** Consumes what was handed out. */
  #settle(): void {
    if (!this.#delivering) return;
    this.#delivering = false;
    this.#readLow = this.#handedLow;
    this.delivered += this.#handed;
    this.publish();
  }

  /** Ends the reading; consumes what a handler that threw had been given. */
  override release(): void {
    this.#settle();
    super.release();
  }

  offset = 0;
  length = 0;

  next(): boolean {
    for (;;) {
      this.#beforeLow = this.#readLow;
      const unread = (loadAcquire(this.#producer, 0) - this.#readLow) | 0;
      if (unread === 0) return false;
      this.#checkDistance(unread);
      const offset = this.#readLow & this.#mask;
      const header = loadAcquire(this.#words, offset >>> 2);
      if (header < 0) return false;
      this.length = header & LENGTH_MASK;
      this.offset = offset + HEADER_SIZE;
      const step = (this.length + HEADER_SIZE + 7) & ~7;
      if (step > unread) throw this.#corrupt(this.consumerPosition);
      this.#readLow = (this.#readLow + step) | 0;
      if ((header & DISCARD_BIT) === 0) {
        this.delivered++;
        return true;
      }
      this.discarded++;
    }
  }

  putBack(): void {
    if (this.#readLow === this.#beforeLow) return;
    this.#readLow = this.#beforeLow;
    this.delivered--;
  }

  publish(): void {
    this.publishTo(this.#readLow, this.discarded);
  }

  /** Low word of the position up to which records were handed out. */
  get position(): number {
    return this.#readLow;
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
    if (this.#closed || low === this.#publishedLow) return;
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
    this.#readLow = Number(position & 0xffff_ffffn) | 0;
    this.#publishedLow = this.#readLow;
    this.#publishedHigh = Number(position >> 32n) | 0;
  }

  rewind(): void {
    this.#readLow = this.#publishedLow;
    this.discarded = this.#publishedDiscarded;
  }

  /**
   * Unmaps. What was not published stays in the ring for whoever opens it next. Called by a handler, it publishes
   * what was handed to handlers, that record included: no other reader is to get them again.
   */
  close(): void {
    if (this.#closed) return;
    this.#settle();
    this.#closed = true;
    this.interrupt();
    try {
      this.#watch?.close();
    } finally {
      this.#pages.close();
    }
  }

  #checkDistance(unread: number): void {
    // As unsigned: a consumer ahead of the producer is very far behind.
    if (unread >>> 0 > this.size) throw this.#corrupt(this.consumerPosition);
  }

  #corrupt(consumer: bigint): RecordError {
    return new RecordError({
      message: `ring ${this.name} of ${this.size} bytes: consumer position ${consumer} cannot be right`,
      remedy: 'Somebody else wrote to its consumer page. End the other reader, and create the ring anew.',
    });
  }
}
