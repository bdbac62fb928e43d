import { ObjectFormatError } from '../errors/index.ts';
import type { Header } from './header.ts';

const decoder = new TextDecoder();

/**
 * Longest name in bytes. Names may share bytes (one the tail of another), so without a limit a small blob could hold
 * many long ones; those of C and Rust are shorter than this.
 */
const MAX_NAME = 4096;

/** Names are hashed by at most this many bytes, so that no blob makes hashing all names slow. */
const HASHED = 128;

/**
 * The strings of a BTF blob, found by name offset. In split BTF the offsets go on where those of the base end
 * (`btf__str_by_offset`).
 */
export class StringSection {
  /** First name offset that is out of range. */
  readonly limit: number;
  readonly #bytes: Uint8Array;
  readonly #base: StringSection | undefined;
  /** First name offset of this section, and what must be added to one for its place in `#bytes`. */
  readonly #first: number;
  readonly #shift: number;
  readonly #what: string;

  /** @throws ObjectFormatError when the section does not end with a NUL, or without a base does not begin with one. */
  constructor(bytes: Uint8Array, header: Header, what: string, base?: StringSection) {
    const { strings, stringsEnd } = header;
    const empty = strings === stringsEnd;
    if (empty ? base === undefined : bytes[stringsEnd - 1] !== 0) {
      throw new ObjectFormatError({
        what,
        offset: Math.max(0, stringsEnd - 1),
        expected: 'strings that end with a NUL',
      });
    }
    if (base === undefined && bytes[strings] !== 0) {
      throw new ObjectFormatError({ what, offset: strings, expected: 'the empty string first' });
    }
    this.#bytes = bytes;
    this.#base = base;
    this.#first = base?.limit ?? 0;
    this.#shift = strings - this.#first;
    this.#what = what;
    this.limit = this.#first + (stringsEnd - strings);
  }

  /** The text at an offset, invalid UTF-8 as U+FFFD. @throws ObjectFormatError out of range */
  get(offset: number): string {
    return this.#text(offset, this.limit);
  }

  /** The same for the name of a type or member. @throws ObjectFormatError also for a name of more than 4 KiB */
  name(offset: number): string {
    return offset === 0 ? '' : this.#text(offset, MAX_NAME);
  }

  #text(offset: number, maxLength: number): string {
    if (offset < this.#first) return this.#base!.#text(offset, maxLength);
    const at = offset + this.#shift;
    if (offset >= this.limit)
      throw this.#fail(this.limit + this.#shift, `a string offset below ${this.limit}, not ${offset}`);
    const bytes = this.#bytes.subarray(at, at + maxLength + 1);
    const length = bytes.indexOf(0);
    if (length < 0) throw this.#fail(at, `a name of at most ${maxLength} bytes`);
    return decoder.decode(bytes.subarray(0, length));
  }

  #fail(offset: number, expected: string): ObjectFormatError {
    return new ObjectFormatError({ what: this.#what, offset, expected });
  }

  /** The strings of this section with their offsets. */
  *entries(): Generator<[offset: number, text: string], void, undefined> {
    for (let offset = this.#first; offset < this.limit; ) {
      const at = offset + this.#shift;
      const end = this.#bytes.indexOf(0, at);
      yield [offset, decoder.decode(this.#bytes.subarray(at, end))];
      offset += end - at + 1;
    }
  }

  /** The section itself, without that of the base. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#first + this.#shift, this.limit + this.#shift);
  }

  /** FNV-1a over the first bytes of the string at a name offset in range, without its flavour. */
  hash(offset: number): number {
    if (offset < this.#first) return this.#base!.hash(offset);
    return hashName(this.#bytes, offset + this.#shift);
  }

  /** Whether the string at a name offset in range begins with `name`, or is it if `name` ends with a NUL; in UTF-8. */
  startsWith(offset: number, name: Uint8Array): boolean {
    if (offset < this.#first) return this.#base!.startsWith(offset, name);
    const at = offset + this.#shift;
    for (let i = 0; i < name.length; i++) if (this.#bytes[at + i] !== name[i]) return false;
    return true;
  }
}

const UNDERSCORE = 0x5f;

/**
 * {@link StringSection.hash} of the name that starts at `at` and ends with a NUL. A flavour is what follows the last `___`
 * that has other characters on both sides.
 */
export function hashName(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  let unflavored: number | undefined;
  for (let i = at; i < at + HASHED && bytes[i] !== 0; i++) {
    if (bytes[i] === UNDERSCORE && bytes[i + 1] === UNDERSCORE && isFlavor(bytes, at, i)) unflavored = hash;
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  }
  return spread(unflavored ?? hash);
}

/** The hash of all flavours of a name, which is not taken for a flavour itself. */
export function hashFlavors(name: Uint8Array): number {
  return spread(
    name.subarray(0, HASHED).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5),
  );
}

function isFlavor(bytes: Uint8Array, at: number, i: number): boolean {
  const next = bytes[i + 3];
  return (
    i > at && bytes[i - 1] !== UNDERSCORE && bytes[i + 2] === UNDERSCORE && next !== UNDERSCORE && next !== 0
  );
}

/** Buckets are taken from the low bits, which FNV mixes least. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}
