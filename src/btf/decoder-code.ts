import type { RecordMemory } from './memory.ts';

/** How values are read: the byte order of the data, and what 64-bit integers become. */
export interface ReadOptions {
  readonly littleEndian: boolean;
  readonly int64: 'bigint' | 'number';
}

/** Reads the value at `offset`, in a record that ends `length` bytes after it. */
export type Reader = (memory: RecordMemory, offset: number, length: number) => unknown;

/** A class of cursors: objects with a getter for each field. */
export interface CursorClass {
  new (memory: RecordMemory): object;
  move(cursor: object, offset: number, length: number): object;
}

/** What a decoder is made of, by `generateCode` or `closureCode`. `Cursor` is for structs and unions only. */
export interface DecoderCode {
  readonly decode: Reader;
  readonly Cursor: CursorClass | undefined;
}

/** The method by which Node's `console.log` and `util.inspect` ask an object for what to show. */
export const INSPECT: symbol = Symbol.for('nodejs.util.inspect.custom');
