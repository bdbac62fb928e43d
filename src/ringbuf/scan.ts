import type { Handler, Take } from './handler.ts';

/** Where a scan stands: its consumer looks at this between scans, and inside a handler that closes the ring. */
export interface ScanState {
  /** Low word of the position past the last record that was handed out. A signed integer: V8 keeps it in a register. */
  position: number;
  /** Records handed out that the consumer has not counted yet. */
  handed: number;
  /** Records that were skipped because the program discarded them. */
  discarded: number;
  closed: boolean;
}

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
 * What keeps it fast, in ns per record of a loop that reads one word of each 8-byte record, where libbpf takes 3.6:
 * - Record by record the place of the next header depends on the length in this one: a chain that the processor has to
 *   wait for. Lengths repeat. While a header equals the one before, nothing depends on it but a branch, which
 *   is predicted, and the processor runs ahead (alone, without a handler: 4.4 → 3.5).
 * - The state is written for each record and not read: what is stored and loaded again makes the next record wait
 *   (5.3 → 4.4).
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
    let handed = state.handed | 0;
    for (let left = headers | 0; left > 0 && behind > 0; left = (left - 1) | 0) {
      const offset = position & mask;
      // Acquire: pairs with the xchg that commits the record; its payload is complete behind this.
      const header = load(words, offset >>> 2);
      if (header !== usual) {
        if (header < 0) break; // BUSY_BIT
        usual = header;
        length = header & 0x3fff_ffff; // LENGTH_MASK
        step = (length + 15) & ~7; // with HEADER_SIZE, rounded up to 8
      }
      if (step > behind) throw corrupt();
      position = (position + step) | 0;
      behind = (behind - step) | 0;
      state.position = position;
      // DISCARD_BIT
      if ((header & 0x4000_0000) !== 0) {
        state.discarded++;
        continue;
      }
      handed = (handed + 1) | 0;
      state.handed = handed;
      const result: unknown = handler(take(offset + 8, length));
      if (result !== undefined && !goesOn(result)) return false;
      if (state.closed) return false;
    }
    return true;
  };
}
