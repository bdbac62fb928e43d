import type { Btf } from './btf.ts';
import {
  ARRAY,
  CONST,
  ENUM,
  ENUM64,
  FWD,
  PTR,
  RESTRICT,
  STRUCT,
  TYPE_TAG,
  TYPEDEF,
  TypeRecords,
  UNION,
  VOLATILE,
} from './records.ts';

/**
 * Ids of the types that a program in C needs defined, judged by the words in it: those that it names, enums of which it
 * names a constant, and structs that a named member points to. A header of these is a small part of the whole
 * (`formatC(btf, { roots })` adds what they hold by value), and does for nearly every program: what is missed are
 * names that macros paste together.
 *
 * @param words identifiers in the program.
 * @param names identifiers of which the types are needed, but not what members of that name point to.
 * @example
 * typesInUse(btf, new Set(['task_struct', 'real_parent', 'mm'])); // struct task_struct, struct mm_struct
 */
export function typesInUse(btf: Btf, words: ReadonlySet<string>, names: ReadonlySet<string>): number[] {
  return new Search(new TypeRecords(btf), words, names).run();
}

/** A name that the program has, as a member too. */
const WORD = 1;
const NAME = 2;

class Search {
  readonly #records: TypeRecords;
  /** By offset of a string: what the program has of it. */
  readonly #used: Uint8Array;
  readonly #seen: Uint8Array;
  readonly #roots: number[] = [];
  /** Structs and unions that the header will define, whose members are still to be looked at. */
  readonly #todo: number[] = [];

  constructor(records: TypeRecords, words: ReadonlySet<string>, names: ReadonlySet<string>) {
    this.#records = records;
    this.#used = findNames(records.strings, words, names);
    this.#seen = new Uint8Array(records.kinds.length);
  }

  run(): number[] {
    const { kinds } = this.#records;
    for (let id = 1; id < kinds.length; id++) {
      if (this.#isNamed(id)) this.#add(id);
    }
    for (let id = this.#todo.pop(); id !== undefined; id = this.#todo.pop()) this.#addMembers(id);
    return this.#roots;
  }

  #isNamed(id: number): boolean {
    const records = this.#records;
    switch (records.kinds[id]) {
      case STRUCT:
      case UNION:
      case FWD:
      case TYPEDEF:
        return this.#used[records.nameOffset(id)]! > 0;
      case ENUM:
      case ENUM64: {
        if (this.#used[records.nameOffset(id)]! > 0) return true;
        const words = records.kinds[id] === ENUM ? 2 : 3;
        for (let i = records.vlen(id), at = records.data(id); i > 0; i--, at += words) {
          if (this.#used[records.words[at]!]! > 0) return true;
        }
        return false;
      }
      default:
        return false;
    }
  }

  #add(id: number): void {
    this.#roots.push(id);
    this.#follow(id, true);
  }

  /** Notes the structs that a value of the type holds. @param pointers whether also those that it points to. */
  #follow(id: number, pointers: boolean): void {
    const records = this.#records;
    let behindPointer = false;
    // A chain that goes on for ever is told by the printer.
    for (let at = id, steps = 0; steps < 64; steps++) {
      switch (records.kinds[at]) {
        case PTR:
          if (!pointers) return;
          behindPointer = true;
          at = records.target(at);
          break;
        case ARRAY:
          at = records.reference(records.data(at));
          break;
        case TYPEDEF:
        case CONST:
        case VOLATILE:
        case RESTRICT:
        case TYPE_TAG:
          at = records.target(at);
          break;
        case STRUCT:
        case UNION:
          if (this.#seen[at] !== 0) return;
          this.#seen[at] = 1;
          this.#todo.push(at);
          if (behindPointer) this.#roots.push(at);
          return;
        default:
          return;
      }
    }
  }

  #addMembers(id: number): void {
    const records = this.#records;
    for (let i = records.vlen(id), at = records.data(id); i > 0; i--, at += 3) {
      this.#follow(records.reference(at + 1), this.#used[records.words[at]!] === WORD);
    }
  }
}

/** Marks the offset of every string that is one of the words. */
function findNames(strings: Uint8Array, words: ReadonlySet<string>, names: ReadonlySet<string>): Uint8Array {
  const used = new Uint8Array(strings.length);
  // One character a byte, so that places in the text are offsets.
  const text = new TextDecoder('latin1').decode(strings);
  for (let offset = 1; offset < text.length; ) {
    const end = text.indexOf('\0', offset);
    const name = text.slice(offset, end);
    if (words.has(name)) used[offset] = WORD;
    else if (names.has(name)) used[offset] = NAME;
    offset = end + 1;
  }
  return used;
}
