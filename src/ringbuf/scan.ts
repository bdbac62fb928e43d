import type { Handler, Take } from './handler.ts';
import { DISCARD_BIT, HEADER_SIZE, LENGTH_MASK } from './layout.ts';

/** Where a scan stands: its consumer looks at this between scans, and inside a handler that closes the ring. */
export interface ScanState {
  /** Low word of the position past the last record that was handed out. A signed integer: V8 keeps it in a register. */
  position: number;
  /**
   * Records that the last scan handed out, which the consumer has not counted yet; {@link UNCOUNTED} until it returns, and
   * for good if it throws.
   */
  handed: number;
  /** Records that were skipped because the program discarded them. */
  discarded: number;
  closed: boolean;
}

/** Whoever needs to know counts the records himself, with {@link countRecords}. */
export const UNCOUNTED = -1;

/** What a scan works with. */
export interface ScanParts<E> {
  readonly state: ScanState;
  /** The data area. */
  readonly words: Int32Array;
  /** Its size in bytes - 1. */
  readonly mask: number;
  /** Loads a word; later loads stay behind it. */
  readonly load: (words: Int32Array, index: number) => number;
  readonly take: Take<E>;
  readonly goesOn: (result: unknown) => boolean;
  /** Makes the error for a record that ends behind the producer's position. */
  readonly corrupt: () => Error;
}

/**
 * Hands over committed records, at most `headers` of any kind, in the `unread` bytes from the state's position.
 *
 * @returns whether the handler wants more.
 * @throws what the handler throws; the state counts its record as handed out.
 */
export type Scan<E> = (handler: Handler<E>, headers: number, unread: number) => boolean;

/**
 * Makes the loop that all records pass through. The text of this function is compiled anew for each form of each ring
 * (freshCopy), so it refers to nothing outside itself.
 *
 * What keeps it fast, in ns per record of a loop that reads one word of each 8-byte record, where libbpf takes 3.5:
 * - Record by record the place of the next header depends on the length in this one: a chain that the processor has to
 *   wait for. Lengths repeat. While a header equals the one before, nothing depends on it but a branch, which
 *   is predicted, and the processor runs ahead (alone, without a handler: 4.4 → 3.5).
 * - The state is written for each record and not read: what is stored and loaded again makes the next record wait
 *   (5.3 → 4.4).
 * - The rest is the number of instructions. So discarded records are told apart where a header differs from the one
 *   before, and records are counted when the scan ends (5 to 15 % of the time). A sum that does not change in the loop is
 *   no saving: V8 computes it anew for each record.
 * - No try block: {@link ScanState} holds before each call what is left to do if it throws.
 */
export function createScan<E>(parts: ScanParts<E>): Scan<E> {
  // Constants of this closure, which V8 compiles into the loop.
  const { state, words, load, take, goesOn, corrupt } = parts;
  const mask = parts.mask | 0;

  return (handler, headers, unread) => {
    let position = state.position | 0;
    // A header of 0 is one of an empty record: true from the start.
    let usual = 0;
    let length = 0;
    let step = 8;
    let behind = unread | 0;
    let left = headers | 0;
    let wantsMore = true;
    const discarded = state.discarded;
    state.handed = -1; // UNCOUNTED
    for (; left > 0 && behind > 0; left = (left - 1) | 0) {
      const offset = position & mask;
      // Acquire: pairs with the xchg that commits the record; its payload is complete behind this.
      const header = load(words, offset >>> 2);
      if (header !== usual) {
        if (header < 0) break; // BUSY_BIT
        usual = header;
        length = header & 0x3fff_ffff; // LENGTH_MASK
        step = (length + 15) & ~7; // with HEADER_SIZE, rounded up to 8
        // DISCARD_BIT
        if ((header & 0x4000_0000) !== 0) {
          if (step > behind) throw corrupt();
          position = (position + step) | 0;
          behind = (behind - step) | 0;
          state.position = position;
          state.discarded++;
          // As at the start: a header that is skipped is never the usual one.
          usual = 0;
          length = 0;
          step = 8;
          continue;
        }
      }
      if (step > behind) throw corrupt();
      position = (position + step) | 0;
      behind = (behind - step) | 0;
      state.position = position;
      const result: unknown = handler(take(offset + 8, length));
      if ((result !== undefined && !goesOn(result)) || state.closed) {
        wantsMore = false;
        left = (left - 1) | 0;
        break;
      }
    }
    state.handed = (headers | 0) - left - (state.discarded - discarded);
    return wantsMore;
  };
}

/** Records from one position to another that were not discarded; nobody has given the kernel their room yet. */
export function countRecords(
  { words, mask, load }: Pick<ScanParts<unknown>, 'words' | 'mask' | 'load'>,
  from: number,
  to: number,
): number {
  let count = 0;
  // Bounded, whatever the headers say: each step is 8 bytes or more.
  for (let left = (to - from) | 0; left > 0; ) {
    const header = load(words, ((to - left) & mask) >>> 2);
    if ((header & DISCARD_BIT) === 0) count++;
    left -= ((header & LENGTH_MASK) + HEADER_SIZE + 7) & ~7;
  }
  return count;
}
