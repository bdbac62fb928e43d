import { ObjectFormatError } from '../errors/index.ts';
import type { Btf } from './btf.ts';
import { MAX_DEPTH, malformed } from './layout.ts';
import type { TypeSection } from './type-section.ts';
import { TYPE_WORDS } from './wire.ts';

/** `BTF_KIND_*` */
export const VOID = 0;
export const INT = 1;
export const PTR = 2;
export const ARRAY = 3;
export const STRUCT = 4;
export const UNION = 5;
export const ENUM = 6;
export const FWD = 7;
export const TYPEDEF = 8;
export const VOLATILE = 9;
export const CONST = 10;
export const RESTRICT = 11;
export const FUNC = 12;
export const FUNC_PROTO = 13;
export const VAR = 14;
export const FLOAT = 16;
export const TYPE_TAG = 18;
export const ENUM64 = 19;

/**
 * The records of a BTF and its bases as they lie in memory, by id: for code that visits every type, where an object
 * for each would cost more than the visit. What is read here has been checked only to lie within its section.
 */
export class TypeRecords {
  readonly btf: Btf;
  /** All type sections, one after another. */
  readonly words: Uint32Array;
  /** Kind by id. */
  readonly kinds: Uint8Array;
  /** All string sections, one after another: name offsets index it. */
  readonly strings: Uint8Array;
  readonly #starts: Uint32Array;
  /** For each section: its first word within `words`. */
  readonly #sections: readonly { readonly first: number; readonly types: TypeSection }[];

  constructor(btf: Btf) {
    const sections = btf.sections;
    this.btf = btf;
    this.words = joined(
      Uint32Array,
      sections.map(({ types }) => types.words),
    );
    this.strings = joined(
      Uint8Array,
      sections.map(({ strings }) => strings.bytes),
    );
    this.kinds = new Uint8Array(btf.typeCount + 1);
    this.#starts = new Uint32Array(btf.typeCount + 1);
    let first = 0;
    let id = 1;
    this.#sections = sections.map(({ types }) => {
      const section = { first, types };
      // By index: iterating over a typed array is slow until it is compiled, and this runs once.
      for (let i = 0; i < types.count; i++, id++) {
        const start = types.starts[i]!;
        this.#starts[id] = first + start;
        this.kinds[id] = (types.words[start + 1]! >>> 24) & 0x1f;
      }
      first += types.words.length;
      return section;
    });
  }

  /** Offset of the type's name; 0 when it has none. */
  nameOffset(id: number): number {
    return this.words[this.#starts[id]!]!;
  }

  vlen(id: number): number {
    return this.words[this.#starts[id]! + 1]! & 0xffff;
  }

  /** `kind_flag`: of a struct, that it has bitfields; of an enum, that it is signed; of a forward, that it is a union. */
  flag(id: number): boolean {
    return this.words[this.#starts[id]! + 1]! >>> 31 === 1;
  }

  size(id: number): number {
    return this.words[this.#starts[id]! + 2]!;
  }

  /** First word behind `struct btf_type`. */
  data(id: number): number {
    return this.#starts[id]! + TYPE_WORDS;
  }

  /** The type to which a pointer, typedef, qualifier, variable or function refers; of a `func_proto` what it returns. */
  target(id: number): number {
    return this.reference(this.#starts[id]! + 2);
  }

  /** The type id in that word. @throws ObjectFormatError when no type has it. */
  reference(word: number): number {
    const id = this.words[word]!;
    if (id < this.kinds.length) return id;
    const { first, types } = this.#sections.findLast((section) => section.first <= word)!;
    const expected = `a type id of at most ${this.kinds.length - 1}, not ${id}`;
    throw new ObjectFormatError({ what: this.btf.name, offset: types.position(word - first), expected });
  }

  /** The struct or union behind typedefs and qualifiers, if the type is one. */
  composite(id: number): number | undefined {
    let at = id;
    for (let steps = 0; steps <= MAX_DEPTH; steps++) {
      switch (this.kinds[at]) {
        case STRUCT:
        case UNION:
          return at;
        case TYPEDEF:
        case VOLATILE:
        case CONST:
        case RESTRICT:
        case TYPE_TAG:
          at = this.target(at);
          break;
        default:
          return undefined;
      }
    }
    throw this.malformed(id, `at most ${MAX_DEPTH} typedefs and qualifiers in a row`);
  }

  /** See {@link malformed}. */
  malformed(id: number, expected: string): ObjectFormatError {
    return malformed(this.btf, id, expected);
  }
}

function joined<T extends Uint8Array | Uint32Array>(make: new (length: number) => T, parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!;
  const all = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
