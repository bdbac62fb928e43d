import { Attr } from './attr.ts';
import { Command } from './call.ts';
import { native } from './native.ts';

/** The commands that work on many elements at once (5.6). */
export type BatchCommand =
  | 'MAP_LOOKUP_BATCH'
  | 'MAP_LOOKUP_AND_DELETE_BATCH'
  | 'MAP_UPDATE_BATCH'
  | 'MAP_DELETE_BATCH';

/** Arguments of a batch command. */
export interface Batch {
  readonly count: number;
  /** `count` keys, one behind another. */
  readonly keys?: Uint8Array | undefined;
  readonly values?: Uint8Array | undefined;
  /** Lookups: where the batch before ended, and where this one did: as many bytes as a key, at least 4. */
  readonly inBatch?: Uint8Array | undefined;
  readonly outBatch?: Uint8Array | undefined;
}

/**
 * A batch command, once: whatever the errno, it has worked on the `count` elements that come back.
 *
 * @returns the errno, 0 for success, and the number of elements.
 */
export function tryMapBatch(
  command: BatchCommand,
  fd: number,
  batch: Batch,
): { errno: number; count: number } {
  const attr = new Attr(56)
    .pointer(0, batch.inBatch)
    .pointer(8, batch.outBatch)
    .pointer(16, batch.keys)
    .pointer(24, batch.values)
    .u32(32, batch.count)
    .u32(36, fd);
  const result = native().bpf(Command[command], attr.bytes);
  return { errno: result < 0 ? -result : 0, count: attr.readU32(32) };
}
