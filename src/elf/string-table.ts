import type { Reader } from './reader.ts';

const decoder = new TextDecoder();

/**
 * How many times its own size the distinct strings of a table may be together. They may share bytes (one the tail of
 * another), so that without a limit a small table could hold many long ones.
 */
const MAX_SHARING = 16;

/** A section of NUL-terminated strings, found by offset. */
export class StringTable {
  readonly #file: Reader;
  readonly #start: number;
  readonly #bytes: Uint8Array;
  readonly #known: Map<number, string> = new Map();
  #left: number;

  constructor(file: Reader, start: number, size: number) {
    this.#file = file;
    this.#start = start;
    this.#bytes = file.bytes.subarray(start, start + size);
    this.#left = size * MAX_SHARING;
  }

  /** @throws ObjectFormatError when it begins or ends outside the table. */
  get(offset: number): string {
    let text = this.#known.get(offset);
    if (text === undefined) {
      const end = this.#bytes.indexOf(0, offset);
      if (offset >= this.#bytes.length || end < 0) {
        const expected = `a string that ends within a table of ${this.#bytes.length} bytes`;
        throw this.#file.error(this.#start + offset, expected);
      }
      this.#left -= end - offset;
      if (this.#left < 0)
        throw this.#file.error(this.#start + offset, 'strings that are not tails of each other');
      text = decoder.decode(this.#bytes.subarray(offset, end));
      this.#known.set(offset, text);
    }
    return text;
  }
}
