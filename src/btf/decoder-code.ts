import type { RecordMemory } from './memory.ts';

/** How values are read: the byte order of the data, what 64-bit integers become. */
export interface ReadOptions {
  /** Bytes of the part that every record has: {@link Decoder.size}. */
  readonly size: number;
  readonly littleEndian: boolean;
  readonly int64: 'bigint' | 'number';
}

/** Reads the value at `offset`, in a record that ends `length` bytes after it. */
export type Reader = (memory: RecordMemory, offset: number, length: number) => unknown;

/** One object that shows the fields of one struct after another; see {@link Cursor}. */
export interface UntypedCursor {
  readonly value: object;
  moveTo(offset: number, length?: number): void;
}

/**
 * What a decoder is made of, by `generateCode` or `closureCode`. The length of a record is `size` unless given.
 * Only structs and unions have cursors.
 */
export interface DecoderCode {
  readonly decode: (memory: RecordMemory, offset: number, length?: number) => unknown;
  readonly createCursor: ((memory: RecordMemory) => UntypedCursor) | undefined;
}

/** The method by which Node's `console.log` and `util.inspect` ask an object for what to show. */
export const INSPECT: symbol = Symbol.for('nodejs.util.inspect.custom');
