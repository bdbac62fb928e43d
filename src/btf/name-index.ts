import { hashName, type StringSection } from './string-section.ts';

const encoder = new TextEncoder();

/** Finds types by name: a hash table over the bytes of the names, made without decoding one. 8 bytes a type. */
export class NameIndex {
  readonly #strings: StringSection;
  readonly #nameOffset: (index: number) => number;
  /** Index + 1 of the first type in each bucket, and of the type after each type; 0 ends the chain. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;

  /** @param nameOffset name offset of the type at an index below `count`; 0 when it has no name. */
  constructor(strings: StringSection, count: number, nameOffset: (index: number) => number) {
    this.#strings = strings;
    this.#nameOffset = nameOffset;
    this.#heads = new Uint32Array(2 ** Math.ceil(Math.log2(count + 1)));
    this.#next = new Uint32Array(count);
    for (let index = count - 1; index >= 0; index--) {
      const offset = nameOffset(index);
      if (offset === 0) continue;
      const bucket = strings.hash(offset) & (this.#heads.length - 1);
      this.#next[index] = this.#heads[bucket]!;
      this.#heads[bucket] = index + 1;
    }
  }

  /** The indexes of the types of that name, lowest first. */
  *find(name: string): Generator<number, void, undefined> {
    const bytes = encoder.encode(`${name}\0`);
    let entry = this.#heads[hashName(bytes, 0) & (this.#heads.length - 1)]!;
    for (; entry !== 0; entry = this.#next[entry - 1]!) {
      if (this.#strings.equals(this.#nameOffset(entry - 1), bytes)) yield entry - 1;
    }
  }
}
