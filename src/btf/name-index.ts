import { hashFlavors, hashName, type StringSection } from './string-section.ts';
import type { TypeSection } from './type-section.ts';

const encoder = new TextEncoder();

/** Searches that compare every name before the table is made, which costs as much as this many and more. */
const PLAIN_SEARCHES = 10;

/** Finds types by name: over the bytes of the names, without decoding one, and soon by a hash table of 8 bytes a type. */
export class NameIndex {
  readonly #strings: StringSection;
  readonly #types: TypeSection;
  #searches = 0;
  #table: Table | undefined;

  constructor(strings: StringSection, types: TypeSection) {
    this.#strings = strings;
    this.#types = types;
  }

  /** The indexes of the types of that name, which must not be empty, lowest first. */
  *find(name: string): Generator<number, void, undefined> {
    const bytes = encoder.encode(`${name}\0`);
    if (this.#searches++ < PLAIN_SEARCHES) {
      for (let index = 0; index < this.#types.count; index++) {
        if (this.#strings.startsWith(this.#types.nameOffset(index), bytes)) yield index;
      }
      return;
    }
    yield* this.#search(hashName(bytes, 0), bytes);
  }

  /** The indexes of the types of that name or a flavour of it, lowest first; other names that begin so may be among them. */
  findFlavors(name: string): Generator<number, void, undefined> {
    const bytes = encoder.encode(name);
    return this.#search(hashFlavors(bytes), bytes);
  }

  *#search(hash: number, name: Uint8Array): Generator<number, void, undefined> {
    this.#table ??= makeTable(this.#strings, this.#types);
    const { heads, next } = this.#table;
    for (let entry = heads[hash & (heads.length - 1)]!; entry !== 0; entry = next[entry - 1]!) {
      if (this.#strings.startsWith(this.#types.nameOffset(entry - 1), name)) yield entry - 1;
    }
  }
}

/** Index + 1 of the first type in each bucket, and of the type after each type; 0 ends the chain. */
interface Table {
  readonly heads: Uint32Array;
  readonly next: Uint32Array;
}

function makeTable(strings: StringSection, types: TypeSection): Table {
  const heads = new Uint32Array(2 ** Math.ceil(Math.log2(types.count + 1)));
  const next = new Uint32Array(types.count);
  for (let index = types.count - 1; index >= 0; index--) {
    const offset = types.nameOffset(index);
    if (offset === 0) continue;
    const bucket = strings.hash(offset) & (heads.length - 1);
    next[index] = heads[bucket]!;
    heads[bucket] = index + 1;
  }
  return { heads, next };
}
