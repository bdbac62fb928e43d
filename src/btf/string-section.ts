import { ObjectFormatError } from '../errors/index.ts';
import type { Header } from './header.ts';

const decoder = new TextDecoder();

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

  /** The text at a name offset, invalid UTF-8 as U+FFFD; empty at 0. @throws ObjectFormatError out of range */
  get(offset: number): string {
    if (offset === 0) return '';
    if (offset < this.#first) return this.#base!.get(offset);
    const at = offset + this.#shift;
    if (offset >= this.limit) {
      const what = `${this.#what}: string ${offset}`;
      throw new ObjectFormatError({ what, offset: at, expected: `a name offset below ${this.limit}` });
    }
    return decoder.decode(this.#bytes.subarray(at, this.#bytes.indexOf(0, at)));
  }

  /** The section itself, without that of the base. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#first + this.#shift, this.limit + this.#shift);
  }

  /** FNV-1a over the first bytes of the string at a name offset in range. */
  hash(offset: number): number {
    if (offset < this.#first) return this.#base!.hash(offset);
    return hashName(this.#bytes, offset + this.#shift);
  }

  /** Whether the string at a name offset in range is `name`: UTF-8 with a NUL at its end. */
  equals(offset: number, name: Uint8Array): boolean {
    if (offset < this.#first) return this.#base!.equals(offset, name);
    const at = offset + this.#shift;
    for (let i = 0; i < name.length; i++) if (this.#bytes[at + i] !== name[i]) return false;
    return true;
  }
}

/** {@link StringSection.hash} of the name that starts at `at` and ends with a NUL. */
export function hashName(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + HASHED && bytes[i] !== 0; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
