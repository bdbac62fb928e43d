import { asIdentifier, NameSpace } from './name-space.ts';
import type { TypeRecords } from './records.ts';

/** Words that C (C17, and GNU's and clang's additions) does not take as names. */
const RESERVED: ReadonlySet<string> = new Set(
  `auto break case char const continue default do double else enum extern float for goto if inline int long register
  restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof
  _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local __attribute
  __attribute__ __asm __asm__ __inline __inline__ __const __const__ __volatile __volatile__ __restrict __restrict__
  __signed __signed__ __typeof __typeof__ __alignof __alignof__ __extension__ __int128 __auto_type __label__
  __thread __func__ _Float16 _Pragma`.split(/\s+/),
);

/** By the first character of a name: at which lengths, modulo 32 and as bits, it may be reserved. */
const RESERVED_LENGTHS: Uint32Array = new Uint32Array(256);
for (const word of RESERVED) RESERVED_LENGTHS[word.charCodeAt(0)]! |= 1 << word.length;
// What begins with `__builtin_` is the compiler's, whatever its length.
RESERVED_LENGTHS['_'.charCodeAt(0)] = 0xffff_ffff;

const QUESTION_MARK = 0x3f;

function isReserved(name: string): boolean {
  return RESERVED.has(name) || name.startsWith('__builtin_');
}

type Tag = 'struct' | 'union' | 'enum';

/** Names that a program defines itself, so that a header before it must not. */
export interface TakenNames {
  /** Of structs, unions and enums. */
  readonly tags?: Iterable<string>;
  /** Of typedefs, constants of enums, functions, variables and macros. */
  readonly ordinary?: Iterable<string>;
}

/**
 * Names for C. Whatever a BTF says, what comes out is an identifier: other characters become `_`, and a reserved
 * word or a compiler's builtin gets a `_` at its end. A name that is taken gets `___2`, `___3` and so on, as
 * libbpf does: the rest from `___` on is a flavour, which CO-RE ignores.
 */
export class CNames {
  readonly #records: TypeRecords;
  /** The strings, a character a byte: name offsets index it. */
  readonly #text: string;
  /** Typedefs and enum constants. */
  readonly #ordinary: NameSpace = new NameSpace();
  /** Structs, unions and enums, and which of them each name is. */
  readonly #tags: NameSpace = new NameSpace();
  readonly #tagOf: Map<string, Tag> = new Map();

  /** @param taken names that stand for something else where the text will be used. */
  constructor(records: TypeRecords, taken: TakenNames = {}) {
    const { strings } = records;
    this.#records = records;
    for (const name of taken.ordinary ?? []) this.#ordinary.claim(name);
    for (const name of taken.tags ?? []) this.#tags.claim(name);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(strings);
    this.#text =
      text.length === strings.length
        ? text
        : new TextDecoder().decode(strings.map((byte) => (byte < 0x80 ? byte : QUESTION_MARK)));
  }

  /** The name at an offset, empty where there is none. @throws ObjectFormatError out of range */
  identifier(offset: number): string {
    if (offset === 0) return '';
    const end = this.#text.indexOf('\0', offset);
    const name = this.#text.slice(offset, end);
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      const made = asIdentifier(this.#records.btf.string(offset));
      return isReserved(made) ? `${made}_` : made;
    }
    const mayBeReserved = ((RESERVED_LENGTHS[name.charCodeAt(0)]! >>> (end - offset)) & 1) === 1;
    return mayBeReserved && isReserved(name) ? `${name}_` : name;
  }

  /** A name for a typedef or enum constant that no other has. */
  ordinary(offset: number): string {
    return this.#ordinary.claim(this.identifier(offset));
  }

  /** A name for the definition of a struct, union or enum that no other definition has. */
  definedTag(offset: number, tag: Tag): string {
    const name = this.identifier(offset);
    const own = (this.#tagOf.get(name) ?? tag) === tag ? this.#tags.claim(name) : this.#tags.next(name);
    this.#tagOf.set(own, tag);
    return own;
  }

  /** The name of a struct, union or enum that is only declared: that of its definition, if there is one. */
  declaredTag(offset: number, tag: Tag): string {
    const name = this.identifier(offset);
    const own = (this.#tagOf.get(name) ?? tag) === tag ? name : this.#tags.next(name);
    this.#tagOf.set(own, tag);
    return own;
  }
}
