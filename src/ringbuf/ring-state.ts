import { MapType } from '../spec/index.ts';
import { BUSY_BIT, DISCARD_BIT, LENGTH_MASK } from './layout.ts';

/** Who writes a ring: kernel programs, or user space. */
export type RingType = 'RINGBUF' | 'USER_RINGBUF';

/** The oldest unread record of a ring. */
export interface RingHead {
  /** `busy`: reserved, and neither submitted nor discarded yet; all records behind it wait. */
  readonly state: 'ready' | 'busy' | 'discarded';
  /** Bytes of its payload. */
  readonly length: number;
}

/** A ring at one moment. */
export interface RingState {
  /** The map's id in the kernel. */
  readonly id: number;
  /** The map's name: at most 15 bytes, which its maker chose. */
  readonly name: string;
  readonly type: RingType;
  /** Size of the data area in bytes. */
  readonly size: number;
  /** `map_flags`; see MapFlags. */
  readonly flags: number;
  /** When it was looked at: nanoseconds of `CLOCK_MONOTONIC`. */
  readonly time: bigint;
  readonly consumerPosition: bigint;
  readonly producerPosition: bigint;
  /** Start of the oldest record that is still being written, or the producer position (kernel 6.10); undefined where nobody knows. */
  readonly pendingPosition: bigint | undefined;
  /** Up to where a ring in overwrite mode has overwritten its oldest records (kernel 6.19); undefined where nobody knows. */
  readonly overwritePosition: bigint | undefined;
  /**
   * Bytes between the positions, 0 to `size`: unread records, those still in writing and discarded ones included, with
   * their headers. (A position that a broken or hostile process wrote is not believed further than that.)
   */
  readonly unread: number;
  /** Undefined where nothing is unread, or the consumer moved on while it was looked at. */
  readonly head: RingHead | undefined;
}

/** Positions as they were read, the consumer's before the producer's. */
export interface RawPositions {
  readonly consumer: bigint;
  readonly producer: bigint;
  /** The consumer's once more, after the header. */
  readonly consumerAfter: bigint;
  readonly pending?: bigint | undefined;
  readonly overwrite?: bigint | undefined;
  /** First word of the record at the consumer position. */
  readonly header: number;
}

/**
 * Makes a state of what was read.
 *
 * A consumer position that is read first cannot be ahead of the producer position that is read second, so `unread` is
 * never negative. It may be a little too large, by what the consumer took in between.
 */
export function ringState(
  ring: Pick<RingState, 'id' | 'name' | 'type' | 'size' | 'flags' | 'time'>,
  { consumer, producer, consumerAfter, pending, overwrite, header }: RawPositions,
): RingState {
  const oldest = overwrite !== undefined && overwrite > consumer ? overwrite : consumer;
  const unread = Math.max(0, Math.min(ring.size, Number(producer - oldest)));
  const head = unread > 0 && oldest === consumer && consumerAfter === consumer ? headOf(header) : undefined;
  // Written out: spreading costs microseconds, and there may be hundreds of rings.
  return {
    id: ring.id,
    name: ring.name,
    type: ring.type,
    size: ring.size,
    flags: ring.flags,
    time: ring.time,
    consumerPosition: consumer,
    producerPosition: producer,
    pendingPosition: pending,
    overwritePosition: overwrite,
    unread,
    head,
  };
}

function headOf(header: number): RingHead {
  const length = header & LENGTH_MASK;
  if ((header & BUSY_BIT) !== 0) return { state: 'busy', length };
  return { state: (header & DISCARD_BIT) === 0 ? 'ready' : 'discarded', length };
}

/** The type of ring that a map type is, if it is one. */
export function ringType(type: number): RingType | undefined {
  if (type === MapType.RINGBUF) return 'RINGBUF';
  return type === MapType.USER_RINGBUF ? 'USER_RINGBUF' : undefined;
}
