import { ArgumentError, ClosedError, RecordError } from '../errors/index.ts';
import { Mapping, native } from '../sys/index.ts';
import { BUSY_BIT, DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';

/** `DYNPTR_MAX_SIZE`: a longer record would stop the program's drain at it for good. */
const LARGEST_RECORD = 2 ** 24 - 1;

/**
 * The memory of a user ring, and the one producer's side of its protocol (kernel/bpf/ringbuf.c,
 * `__bpf_user_ringbuf_peek`). The layout is that of layout.ts with the protections swapped: here the consumer page
 * is read-only, positions and data are ours to write.
 *
 * Every access to what the kernel reads at the same time is an `Atomics` one: a header comes before the position
 * that publishes it, and a payload before the header without its BUSY bit.
 */
export class UserRing {
  readonly name: string;
  /** Size of the data area in bytes. */
  readonly size: number;
  readonly #mappings: readonly Mapping[];
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #closed = false;

  /**
   * Takes over where the producer before ended: records that it left open are discarded, for nobody else can submit
   * them, and the program would stop at them.
   *
   * @throws RecordError when positions or headers cannot be those of such a ring.
   */
  constructor(fd: number, name: string, size: number) {
    this.name = name;
    this.size = size;
    const page = native().pageSize();
    const what = `user ring ${name}`;
    const consumer = new Mapping(fd, { offset: 0, length: page, writable: false, what });
    let shared: Mapping;
    try {
      shared = new Mapping(fd, { offset: page, length: page + 2 * size, writable: true, what });
    } catch (error) {
      consumer.close();
      throw error;
    }
    this.#mappings = [consumer, shared];
    this.#consumer = new BigUint64Array(consumer.buffer, 0, 1);
    this.#producer = new BigUint64Array(shared.buffer, 0, 1);
    this.#words = new Int32Array(shared.buffer, page);
    this.#bytes = new Uint8Array(shared.buffer, page);
    try {
      this.#discardOpen();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get consumerPosition(): bigint {
    return Atomics.load(this.#consumer, 0);
  }

  get producerPosition(): bigint {
    return Atomics.load(this.#producer, 0);
  }

  /** Bytes that the next record may take, with its header. */
  get room(): number {
    return this.size - Number(this.producerPosition - this.consumerPosition);
  }

  /**
   * Bytes that a record takes in the ring.
   *
   * @throws ArgumentError for a length that no record can have.
   */
  footprint(length: number): number {
    const largest = Math.min(this.size - HEADER_SIZE, LARGEST_RECORD);
    if (!(Number.isInteger(length) && length >= 0 && length <= largest)) {
      throw new ArgumentError({
        message: `user ring ${this.name} of ${this.size} bytes: no record can be ${length} bytes long`,
        remedy: `Give 0 to ${largest} bytes.`,
      });
    }
    return (length + HEADER_SIZE + 7) & ~7;
  }

  /** @returns the place of an open record's header, or -1 where there is no room. */
  reserve(length: number): number {
    this.assertOpen();
    const footprint = this.footprint(length);
    if (footprint > this.room) return -1;
    const position = this.producerPosition;
    const place = Number(position & BigInt(this.size - 1));
    this.#words[(place >>> 2) + 1] = 0;
    Atomics.store(this.#words, place >>> 2, length | BUSY_BIT);
    Atomics.store(this.#producer, 0, position + BigInt(footprint));
    return place;
  }

  /**
   * Fills the record at `place` and hands it to the kernel.
   *
   * @throws ArgumentError when the payload has not the length that was reserved; the record is discarded.
   */
  submit(place: number, payload: Uint8Array): void {
    const length = this.#lengthAt(place);
    if (payload.length !== length) {
      this.discard(place);
      throw new ArgumentError({
        message: `user ring ${this.name}: ${payload.length} bytes in a record of ${length}`,
        remedy: 'Do not transfer the bytes of a record away before it is submitted.',
      });
    }
    this.#bytes.set(payload, place + HEADER_SIZE);
    Atomics.store(this.#words, place >>> 2, length);
  }

  /** Lets the kernel skip the record at `place`. */
  discard(place: number): void {
    Atomics.store(this.#words, place >>> 2, this.#lengthAt(place) | DISCARD_BIT);
  }

  /** @throws ClosedError after close. */
  assertOpen(): void {
    if (this.#closed) throw new ClosedError(`user ring ${this.name}`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const mapping of this.#mappings) mapping.close();
  }

  #lengthAt(place: number): number {
    return this.#words[place >>> 2]! & LENGTH_MASK;
  }

  #discardOpen(): void {
    const end = this.producerPosition;
    let position = this.consumerPosition;
    let left = end - position;
    if (left < 0n || left > BigInt(this.size) || end % 8n !== 0n) throw this.#corrupt(position);
    while (left > 0n) {
      const place = Number(position & BigInt(this.size - 1));
      const header = Atomics.load(this.#words, place >>> 2);
      const footprint = BigInt(((header & LENGTH_MASK) + HEADER_SIZE + 7) & ~7);
      if (footprint > left) throw this.#corrupt(position);
      if ((header & BUSY_BIT) !== 0) this.discard(place);
      position += footprint;
      left -= footprint;
    }
  }

  #corrupt(position: bigint): RecordError {
    return new RecordError({
      message: `user ring ${this.name} of ${this.size} bytes: what is at position ${position} cannot be right`,
      remedy: 'Another process wrote to it. End that one, and create the ring anew.',
    });
  }
}
