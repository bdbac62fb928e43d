/**
 * The ring, byte by byte (kernel/bpf/ringbuf.c, include/uapi/linux/bpf.h).
 *
 * ```
 *  offset 0        consumer page   u64 consumer_pos        mapped read-write
 *  page            producer page   u64 producer_pos        mapped read-only
 *  2 pages         data            size bytes              mapped read-only
 *  2 pages + size  data again      the same bytes, so that no record is ever split
 *
 *  record, at position p (p & (size - 1) in the data area), 8-byte aligned:
 *   31   30      29 ......... 0
 *  ┌────┬───────┬──────────────┬──────────────────┬─────────────────┬─────────┐
 *  │BUSY│DISCARD│ length       │ u32 pg_off       │ length bytes    │ padding │
 *  └────┴───────┴──────────────┴──────────────────┴─────────────────┴─────────┘
 * ```
 *
 * Positions are 64 bits wide and only grow. Two positions of one ring never differ by more than its size, so their
 * low words tell them apart.
 */
import { ArgumentError } from '../errors/index.ts';

/** Bytes before a record's payload: `BPF_RINGBUF_HDR_SZ`. */
export const HEADER_SIZE = 8;

/** `BPF_RINGBUF_BUSY_BIT`: a header read as a signed word is negative while the record is being written. */
export const BUSY_BIT: number = 1 << 31;

/** `BPF_RINGBUF_DISCARD_BIT`. */
export const DISCARD_BIT = 0x4000_0000;

/** Largest ring in bytes. The kernel takes 2 GiB; typed arrays end below the 4 GiB that its two mappings need. */
const LARGEST_SIZE = 2 ** 30;

/** Bits 0–29 of the header's first word. */
export const LENGTH_MASK = 0x3fff_ffff;

/**
 * Checks the size of a ring, `max_entries`, before the kernel answers a bare EINVAL.
 *
 * @param size bytes.
 * @throws ArgumentError unless `size` is a power of two and a multiple of the page size.
 */
export function checkRingSize(name: string, size: number, pageSize: number): void {
  const isPower = Number.isInteger(size) && size > 0 && (size & (size - 1)) === 0;
  if (isPower && size > LARGEST_SIZE) {
    throw new ArgumentError({
      message: `ring ${name}: ${size} bytes are more than can be mapped twice in a row as one typed array`,
      remedy: `Use at most ${LARGEST_SIZE} bytes.`,
    });
  }
  if (isPower && size % pageSize === 0) return;
  const nearestPower = 2 ** Math.ceil(Math.log2(Math.max(Number.isFinite(size) ? size : 0, pageSize)));
  const why = isPower ? `not a multiple of this machine's page size, ${pageSize}` : 'not a power of two';
  throw new ArgumentError({
    message: `ring ${name}: a size of ${size} bytes is ${why}`,
    remedy: `Use ${Math.min(nearestPower, LARGEST_SIZE)} bytes (max_entries of a ring is its size in bytes).`,
  });
}
