import type {
  HeldRecord,
  RingBuffer,
  RingBufferGroup,
  RingPositions,
  RingStats,
} from '../../ringbuf/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { decodeEvent } from './event.ts';
import { Table } from './table.ts';

/**
 * What is called for each record. `data` is valid until it returns: give it to `event()`, or copy `data.bytes`.
 *
 * False stops after this record.
 */
export type RingCallback<E, C> = (
  ctx: C,
  data: HeldRecord<E>,
  size: number,
  // biome-ignore lint/suspicious/noConfusingVoidType: `void` alone would accept a function that returns a promise.
) => void | false;

/** A table that `BPF_RINGBUF_OUTPUT` declares. */
export class RingTable<E> extends Table {
  /** The ring itself, whose calls go further: loops, batches, cursors. */
  readonly ring: RingBuffer<E>;
  readonly #group: RingBufferGroup;

  /** @internal */
  constructor(spec: MapSpec, ring: RingBuffer<E>, group: RingBufferGroup) {
    super(spec);
    this.ring = ring;
    this.#group = group;
  }

  /**
   * From now on `BPF.ringBufferPoll()` and `BPF.ringBufferConsume()` call `callback` for each record.
   *
   * @param ctx first argument of each call.
   * @throws ArgumentError when it has a callback already.
   */
  openRingBuffer<C = undefined>(callback: RingCallback<E, C>, ctx?: C): void {
    this.#group.add(this.ring.held, (data) => callback(ctx as C, data, data.length));
  }

  /**
   * The record as an object, of the type that the program submits.
   *
   * @param data what the callback got, or a copy of its bytes.
   * @throws ArgumentError where the program does not tell the type; RecordError for a record that is too short for it.
   */
  event(data: HeldRecord<E> | Uint8Array): E {
    return decodeEvent(this.spec, data);
  }

  /** Fill and positions at this moment, as `ringbuf_query()` gives them to programs. */
  query(): RingPositions {
    return this.ring.query();
  }

  /** As {@link query}, with what was delivered, discarded and lost. */
  stats(): RingStats {
    return this.ring.stats();
  }

  /** Records that the program could not place: each `ringbuf_reserve()` and `ringbuf_output()` that failed. */
  get lost(): bigint {
    return this.ring.stats().dropped ?? 0n;
  }
}
