import type { Decoder } from '../btf/index.ts';
import { ArgumentError, RecordError } from '../errors/index.ts';
import type { Deliver, RecordSource } from './source.ts';

/** What to do with a record. False stops after this one. A promise is a type error: nobody would await it. */
// biome-ignore lint/suspicious/noConfusingVoidType: `void` alone would accept a function that returns a promise.
export type Handler<E> = (event: E) => void | false;

/** How records are given to the user: as decoded objects, through a cursor, or as bytes. */
export interface Form<E> {
  /** Makes the value of one record. */
  take(offset: number, length: number): E;
  /** Whether a value outlives the next one. */
  readonly isLasting: boolean;
  /** Makes the step that a drain runs for each record. */
  deliver(handler: Handler<E>): Deliver;
}

/** Each record as an object of its own, decoded by BTF. */
function objectForm<E>(source: RecordSource, decoder: Decoder<E>): Form<E> {
  const { memory, name } = source;
  const { size } = decoder;
  const take = (offset: number, length: number): E => {
    if (length < size) throw shortRecord(name, length, size);
    return decoder.decode(memory, offset, length);
  };
  return {
    take,
    isLasting: true,
    deliver: (handler) => (offset, length) => goesOn(handler(take(offset, length))),
  };
}

/** One cursor for all records, moved from each to the next: it reads in place, only what it is asked for. */
export function cursorForm<E>(source: RecordSource, decoder: Decoder<E>): Form<Readonly<E>> {
  const { memory, name } = source;
  const { size } = decoder;
  const cursor = decoder.createCursor(memory);
  const take = (offset: number, length: number): Readonly<E> => {
    if (length < size) throw shortRecord(name, length, size);
    cursor.moveTo(offset, length);
    return cursor.value;
  };
  return {
    take,
    isLasting: false,
    deliver: (handler) => (offset, length) => goesOn(handler(take(offset, length))),
  };
}

/** Each record as a copy of its bytes. */
function bytesForm(source: RecordSource): Form<Uint8Array> {
  const { bytes } = source.memory;
  const take = (offset: number, length: number): Uint8Array => bytes.slice(offset, offset + length);
  return {
    take,
    isLasting: true,
    deliver: (handler) => (offset, length) => goesOn(handler(take(offset, length))),
  };
}

/** Objects where there is a decoder, else bytes. */
export function formOf<E>(source: RecordSource, decoder: Decoder<E> | undefined): Form<E> {
  return decoder === undefined
    ? (bytesForm(source) as Form<unknown> as Form<E>)
    : objectForm(source, decoder);
}

/** Whether a handler wants more. @throws ArgumentError for a promise. */
export function goesOn(result: unknown): boolean {
  if (result === undefined) return true;
  if (result === false) return false;
  if (typeof result === 'object' && result !== null && 'then' in result) {
    throw new ArgumentError({
      message: 'a ring handler returned a promise, which nobody would await',
      remedy: 'Handlers are synchronous. To await between records use: for await (const event of ring)',
    });
  }
  return true;
}

/** A record that cannot hold its type. */
export function shortRecord(ring: string, length: number, size: number): RecordError {
  return new RecordError({
    message: `ring ${ring}: a record of ${length} bytes is shorter than its type of ${size} bytes`,
    remedy: 'The program writes records of another type: name theirs, or read ring.bytes.',
  });
}
