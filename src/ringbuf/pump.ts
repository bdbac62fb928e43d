import { RecordError } from '../errors/index.ts';
import type { Backlog } from './backlog.ts';
import { HEADER_SIZE, LENGTH_MASK } from './layout.ts';
import { fence, loadAcquire, storeRelease } from './order.ts';
import type { RingMemory } from './pages.ts';

/**
 * What a step of the pump came to: records were moved; or there are none, or the oldest is still being written, or
 * the backlog has no room for it.
 */
export type Pumped = 'moved' | 'empty' | 'busy' | 'full';

/** Bytes that one step copies, at least, where there are so many: its headers are still in the cache for the copy. */
const STEP = 64 * 1024;

/**
 * Moves records from a ring of the kernel's into a backlog, whole and in their order, and gives the kernel their room.
 * Headers travel along: discarded records too, which whoever reads the backlog skips and counts.
 */
export class Pump {
  readonly #ring: RingMemory;
  readonly #backlog: Backlog;
  readonly #name: string;
  #low: number;
  #high: number;

  constructor(name: string, ring: RingMemory, backlog: Backlog) {
    this.#name = name;
    this.#ring = ring;
    this.#backlog = backlog;
    const position = Atomics.load(backlog.producer.whole, 0);
    this.#low = Number(position & 0xffff_ffffn) | 0;
    this.#high = Number(position >> 32n) | 0;
  }

  /**
   * Moves what there is, up to some amount.
   *
   * @param wake called when the reader may be waiting, having read all that it could see.
   * @throws RecordError when somebody else writes to the ring's positions or headers.
   */
  step(wake: () => void): Pumped {
    const ring = this.#ring;
    const backlog = this.#backlog;
    const words = ring.data.i32;
    const start = this.#low;
    // Acquire: pairs with the release of producer_pos; records below it have a header.
    let unread = (loadAcquire(ring.producer.low, 0) - start) | 0;
    if (unread >>> 0 > ring.size || loadAcquire(ring.consumer.low, 0) !== start) throw this.#corrupt();
    if (unread === 0) return 'empty';

    const source = start & (ring.size - 1);
    const target = start & (backlog.size - 1);
    // Acquire: the reader is done with what lies below its position.
    const room = backlog.size - ((start - loadAcquire(backlog.consumer.low, 0)) >>> 0);
    let length = 0;
    // No record may begin behind the end of the backlog.
    while (unread > 0 && length < STEP && target + length < backlog.size) {
      // Acquire: pairs with the xchg that commits the record; its payload is complete behind this.
      const header = loadAcquire(words, (source + length) >>> 2);
      if (header < 0) {
        if (length === 0) return 'busy';
        break;
      }
      const step = ((header & LENGTH_MASK) + HEADER_SIZE + 7) & ~7;
      if (step > unread) throw this.#corrupt();
      if (length + step > room) {
        if (length === 0) return 'full';
        break;
      }
      length += step;
      unread -= step;
    }
    backlog.data.bytes.set(ring.data.bytes.subarray(source, source + length), target);

    this.#low = (start + length) | 0;
    if (this.#low >>> 0 < start >>> 0) this.#high = (this.#high + 1) | 0;
    // Release: whoever sees the position sees the records below it.
    storeRelease(backlog.copied, this.#low, this.#high);
    // Release: the kernel may overwrite these records; they are copied.
    storeRelease(ring.published, this.#low, this.#high);
    // Either we see that the reader had read all before these, or it sees these before it waits: it has a fence too.
    // The kernel's own rule for its ring.
    fence();
    if (loadAcquire(backlog.consumer.low, 0) === start) wake();
    return 'moved';
  }

  #corrupt(): RecordError {
    return new RecordError({
      message: `ring ${this.#name} of ${this.#ring.size} bytes: its positions or records cannot be right`,
      remedy: 'Somebody else wrote to its consumer page. End the other reader, and create the ring anew.',
    });
  }
}
