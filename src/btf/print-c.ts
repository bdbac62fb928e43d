import type { Btf } from './btf.ts';
import type { TakenNames } from './c-names.ts';
import { CText, MAX_CHAIN } from './c-text.ts';
import {
  ARRAY,
  CONST,
  ENUM,
  ENUM64,
  FUNC,
  FUNC_PROTO,
  FWD,
  PTR,
  RESTRICT,
  STRUCT,
  TYPE_TAG,
  TYPEDEF,
  TypeRecords,
  UNION,
  VAR,
  VOLATILE,
} from './records.ts';

/** Options of {@link formatC}. */
export interface FormatCOptions {
  /** Ids of the types to print, with all that they need; every type of the BTF unless told. */
  readonly roots?: Iterable<number>;
  /** Names that the program which includes the header defines itself: types of the header get others. */
  readonly taken?: TakenNames;
}

/**
 * Prints types as a C header (`bpftool btf dump … format c`, libbpf's `btf_dump__dump_type`): definitions in an order
 * that C can read, behind the include guard `__VMLINUX_H__`. Clang compiles it for BPF to the names, sizes and offsets
 * of the BTF: gaps are filled with unnamed bitfields, and structs are packed where they must be. Functions and
 * variables are left out.
 *
 * Records get `preserve_access_index` unless `BPF_NO_PRESERVE_ACCESS_INDEX` is defined. A name that is taken gets
 * `___2` at its end, which CO-RE ignores; a name that is no C identifier is made one. Of a 32-bit kernel the layout
 * holds where pointers have 4 bytes.
 *
 * @throws ArgumentError when there is no type of a root's id.
 * @throws ObjectFormatError when C has no such types (a struct within itself, members that overlap), when references
 * go more than 256 deep, or when the header would be longer than 2^27 characters.
 *
 * @example
 * const btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'), { name: 'vmlinux' });
 * writeFileSync('vmlinux.h', formatC(btf));
 * formatC(btf, { roots: [btf.get('struct', 'task_struct')] });
 */
export function formatC(btf: Btf, options: FormatCOptions = {}): string {
  const header = new CHeader(new TypeRecords(btf), options.taken);
  if (options.roots === undefined) header.addAll();
  else for (const id of options.roots) header.add(id);
  return header.finish();
}

const BEGIN = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const END = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/** What has been done for a type, as bits. */
const DEFINING = 1;
const DEFINED = 2;
const DECLARED = 4;
/** Everything is printed that a pointer to the type needs. */
const NAMEABLE = 8;
/** Everything is printed that a value of the type needs. */
const COMPLETE = 16;

/** Puts definitions in order. Types that a value needs are defined before it, structs behind pointers only declared. */
class CHeader {
  readonly #records: TypeRecords;
  readonly #text: CText;
  readonly #state: Uint8Array;
  readonly #parts: string[] = [BEGIN];
  readonly #namelessEnums: number[] = [];
  /** The type whose definition is being put together: within itself it is declared. */
  #current = 0;

  constructor(records: TypeRecords, taken: TakenNames | undefined) {
    this.#records = records;
    this.#text = new CText(records, (id) => this.#declare(id), taken);
    this.#state = new Uint8Array(records.kinds.length);
  }

  /** Adds everything that has a definition. */
  addAll(): void {
    const { kinds } = this.#records;
    for (let id = 1; id < kinds.length; id++) {
      const kind = kinds[id];
      const isComposite = kind === STRUCT || kind === UNION;
      if (isComposite && this.#records.nameOffset(id) !== 0) this.#define(id, 0);
      else if (kind === ENUM || kind === ENUM64 || kind === TYPEDEF || kind === FWD) this.#add(id);
    }
  }

  /** Adds a type and all that it needs. @throws ArgumentError when there is no such type. */
  add(id: number): void {
    this.#records.btf.position(id);
    this.#add(id);
  }

  #add(id: number): void {
    const kind = this.#records.kinds[id];
    const isNameless = this.#records.nameOffset(id) === 0;
    // Where a nameless enum is used, it is printed there.
    if (isNameless && (kind === ENUM || kind === ENUM64)) this.#namelessEnums.push(id);
    else this.#require(id, true, 0);
  }

  finish(): string {
    for (const id of this.#namelessEnums) {
      if (!this.#text.hasEnum(id)) this.#print(id);
    }
    this.#parts.push(END);
    return this.#parts.join('');
  }

  /** Prints what a value of the type needs if `complete`, otherwise what a pointer to it needs. */
  #require(id: number, complete: boolean, depth: number): void {
    if ((this.#state[id]! & (complete ? COMPLETE : COMPLETE | NAMEABLE)) !== 0) return;
    const records = this.#records;
    if (depth > MAX_CHAIN) throw records.malformed(id, `references at most ${MAX_CHAIN} deep`);
    switch (records.kinds[id]) {
      case PTR:
        this.#require(records.target(id), false, depth + 1);
        break;
      case VOLATILE:
      case CONST:
      case RESTRICT:
      case TYPE_TAG:
      case FUNC:
      case VAR:
        this.#require(records.target(id), complete, depth + 1);
        break;
      case ARRAY:
        this.#require(records.reference(records.data(id)), true, depth + 1);
        break;
      case TYPEDEF:
        this.#define(id, depth);
        this.#require(records.target(id), complete, depth + 1);
        break;
      case STRUCT:
      case UNION:
        if (records.nameOffset(id) === 0) this.#requireMembers(id, depth);
        else if (complete) this.#define(id, depth);
        break;
      case ENUM:
      case ENUM64:
        if (records.nameOffset(id) !== 0) this.#define(id, depth);
        break;
      case FWD:
        this.#declare(id);
        break;
      case FUNC_PROTO:
        this.#require(records.target(id), false, depth + 1);
        for (let i = records.vlen(id), at = records.data(id); i > 0; i--, at += 2) {
          this.#require(records.reference(at + 1), false, depth + 1);
        }
    }
    this.#state[id]! |= complete ? COMPLETE : NAMEABLE;
  }

  #requireMembers(id: number, depth: number): void {
    const records = this.#records;
    const state = this.#state;
    for (let i = records.vlen(id), at = records.data(id); i > 0; i--, at += 3) {
      const type = records.reference(at + 1);
      if ((state[type]! & COMPLETE) === 0) this.#require(type, true, depth + 1);
    }
  }

  /** Prints the definition of a type that has a name, unless that is done. */
  #define(id: number, depth: number): void {
    if ((this.#state[id]! & DEFINED) !== 0) return;
    const records = this.#records;
    if ((this.#state[id]! & DEFINING) !== 0)
      throw records.malformed(id, 'a type that does not contain itself');
    this.#state[id]! |= DEFINING;
    const kind = records.kinds[id];
    if (kind === TYPEDEF) this.#require(records.target(id), false, depth + 1);
    else if (kind === STRUCT || kind === UNION) this.#requireMembers(id, depth);
    this.#print(id);
    this.#state[id]! |= DEFINED;
  }

  #print(id: number): void {
    this.#current = id;
    // What it turns out to need declared is put before it.
    const definition = this.#text.definition(id);
    this.#current = 0;
    this.#parts.push(definition, ';\n\n');
  }

  /** Prints that a struct or union exists, unless C knows that. */
  #declare(id: number): void {
    if ((this.#state[id]! & (DECLARED | DEFINED)) !== 0 || id === this.#current) return;
    this.#state[id]! |= DECLARED;
    this.#parts.push(this.#text.reference(id), ';\n');
  }
}
