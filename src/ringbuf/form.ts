import type { Decoder } from '../btf/index.ts';
import { ArgumentError, RecordError } from '../errors/index.ts';
import type { Take } from './handler.ts';
import type { RecordSource } from './source.ts';

/** How records are given to the user: as decoded objects, through a cursor, or as bytes. */
export interface Form<E> {
  readonly take: Take<E>;
  /** Whether a value outlives the next one. */
  readonly isLasting: boolean;
  /** Called when a handler has returned or thrown, where its value ends with it. */
  readonly end?: () => void;
}

/** Each record as an object of its own, decoded by BTF. */
function objectForm<E>(source: RecordSource, decoder: Decoder<E>): Form<E> {
  const { memory, name } = source;
  const { size } = decoder;
  const take = (offset: number, length: number): E => {
    if (length < size) throw shortRecord(name, length, size);
    return decoder.decode(memory, offset, length);
  };
  return { take, isLasting: true };
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
  return { take, isLasting: false };
}

/**
 * A record inside a handler, which is made into something when asked. There is one for all records of a ring: it is
 * valid only until the handler returns.
 */
export class HeldRecord<E> {
  readonly #source: RecordSource;
  readonly #decoder: Decoder<E> | undefined;
  #offset = 0;
  #length = -1;

  /** @internal */
  constructor(source: RecordSource, decoder: Decoder<E> | undefined) {
    this.#source = source;
    this.#decoder = decoder;
  }

  /** Bytes of the record. @throws ArgumentError after the handler has returned. */
  get length(): number {
    if (this.#length >= 0) return this.#length;
    throw new ArgumentError({
      message: `ring ${this.#source.name}: the record was given back to the kernel when its handler returned`,
      remedy: 'Decode it, or copy its bytes, inside the handler.',
    });
  }

  /** A copy of its bytes. @throws as {@link length}. */
  get bytes(): Uint8Array {
    return this.#source.memory.bytes.slice(this.#offset, this.#offset + this.length);
  }

  /**
   * Makes an object of it, which lasts.
   *
   * @throws as {@link length}; ArgumentError where nothing says of which type it is; RecordError for a record that is
   *   shorter than its type.
   */
  decode(): E {
    const { length } = this;
    const decoder = this.#decoder;
    const { name, memory } = this.#source;
    if (decoder === undefined) {
      throw new ArgumentError({
        message: `ring ${name}: nothing says of which type its records are`,
        remedy: 'Read their bytes.',
      });
    }
    if (length < decoder.size) throw shortRecord(name, length, decoder.size);
    return decoder.decode(memory, this.#offset, length);
  }

  /** @internal */
  hold(offset: number, length: number): this {
    this.#offset = offset;
    this.#length = length;
    return this;
  }

  /** @internal */
  release(): void {
    this.#length = -1;
  }
}

/** Each record as one that is made into something when asked. */
export function heldForm<E>(source: RecordSource, decoder: Decoder<E> | undefined): Form<HeldRecord<E>> {
  const record = new HeldRecord(source, decoder);
  return {
    take: (offset, length) => record.hold(offset, length),
    isLasting: false,
    end: () => record.release(),
  };
}

/** Each record as a copy of its bytes. */
function bytesForm(source: RecordSource): Form<Uint8Array> {
  const { bytes } = source.memory;
  const take = (offset: number, length: number): Uint8Array => bytes.slice(offset, offset + length);
  return { take, isLasting: true };
}

/** Objects where there is a decoder, else bytes. */
export function formOf<E>(source: RecordSource, decoder: Decoder<E> | undefined): Form<E> {
  return decoder === undefined
    ? (bytesForm(source) as Form<unknown> as Form<E>)
    : objectForm(source, decoder);
}

/** A record that cannot hold its type. */
export function shortRecord(ring: string, length: number, size: number): RecordError {
  return new RecordError({
    message: `ring ${ring}: a record of ${length} bytes is shorter than its type of ${size} bytes`,
    remedy: 'The program writes records of another type: name theirs, or read ring.bytes.',
  });
}
