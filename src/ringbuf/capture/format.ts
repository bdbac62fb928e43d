/**
 * The records of a ring in a file, as a tap saw them: `docs/capture-format.md` has the layout of each block.
 *
 * ```
 *  ┌──────────┬────────┬─────────┬──────┬────────┬────────┬─────┬────────┬─────┐
 *  │ 8 bytes  │ order  │ version │ RING │ [TYPE] │ RECORD │ GAP │ RECORD │ END │
 *  └──────────┴────────┴─────────┴──────┴────────┴────────┴─────┴────────┴─────┘
 *  block: u32 kind, u32 length, payload, zeros up to a multiple of 8
 * ```
 */
import type { TypeRef } from '../../spec/index.ts';

/** As PNG's: a byte beyond ASCII, and line ends that a transfer as text would change. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x52, 0x49, 0x4e, 0x47, 0x0d, 0x0a, 0x1a);
/** Tells the byte order of all numbers. */
export const ORDER = 0x01020304;
export const VERSION = 1;
export const FILE_HEADER_SIZE = 16;
export const BLOCK_HEADER_SIZE = 8;

/** Kinds of blocks. A reader skips those that it does not know. */
export const Block = { RING: 1, TYPE: 2, RECORD: 3, GAP: 4, END: 5 } as const;

/** Sizes of payloads: all of it, or what precedes a part of varying length. */
export const RING_SIZE = 40;
export const TYPE_SIZE = 8;
export const RECORD_SIZE = 16;
export const GAP_SIZE = 32;
export const END_SIZE = 16;

/** In the place of a number of records that nobody knows. */
export const UNKNOWN: bigint = 2n ** 64n - 1n;

/** What a capture says about its ring. */
export interface CaptureInfo {
  readonly name: string;
  readonly mapId: number;
  /** Size of the data area in bytes. */
  readonly size: number;
  /** `uname -r` of its machine. */
  readonly kernel: string;
  /** Nanoseconds of `CLOCK_REALTIME` when it began. */
  readonly wallTime: bigint;
  /** Nanoseconds of `CLOCK_MONOTONIC` (`bpf_ktime_get_ns`) at the same moment. */
  readonly monotonicTime: bigint;
  /** Type of the records. */
  readonly event?: TypeRef | undefined;
}

/** Goes on with a CRC-32 over more bytes. By zlib, which is not imported: few programs capture. */
export function crc32(bytes: Uint8Array, before: number): number {
  return process.getBuiltinModule('node:zlib').crc32(bytes, before);
}

/** Bytes that a payload takes, padding included. */
export function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}
