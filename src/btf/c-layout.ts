import { MAX_DEPTH } from './layout.ts';
import {
  ARRAY,
  CONST,
  ENUM,
  ENUM64,
  FLOAT,
  INT,
  PTR,
  RESTRICT,
  STRUCT,
  TYPE_TAG,
  TYPEDEF,
  type TypeRecords,
  UNION,
  VOLATILE,
} from './records.ts';

const MAX_SIZE = 0xffff_ffff;

/**
 * How a C compiler for BPF lays out the types as {@link formatC} prints them. BTF says where members lie and how large a
 * struct is, not why: a struct is printed as packed where natural alignment would move a member or change the size.
 */
export class CLayout {
  readonly #records: TypeRecords;
  readonly #pointerSize: number;
  /** By id; 0 where not yet known, or where the type has no size. */
  readonly #alignments: Uint8Array;
  readonly #sizes: Uint32Array;
  readonly #packed: Uint8Array;

  constructor(records: TypeRecords) {
    const length = records.kinds.length;
    this.#records = records;
    this.#pointerSize = records.btf.pointerSize;
    this.#alignments = new Uint8Array(length);
    this.#sizes = new Uint32Array(length);
    this.#packed = new Uint8Array(length);
  }

  /** Bytes of a measured type. */
  size(id: number): number {
    return this.#sizes[id]!;
  }

  /** Alignment in bytes of a measured type. */
  alignment(id: number): number {
    return this.#alignments[id]!;
  }

  isPacked(id: number): boolean {
    return this.#packed[id] === 1;
  }

  /** Whether a bitfield cannot lie at a bit offset without `packed`, because it would straddle two units of its type. */
  straddles(type: number, bitOffset: number, width: number): boolean {
    const unit = this.#sizes[type]! * 8;
    return (bitOffset % unit) + width > unit;
  }

  /**
   * Measures a struct or union and what it contains.
   *
   * @throws ObjectFormatError when no C compiler could lay it out so: members that overlap, lie outside, or have no size.
   */
  measure(id: number, depth = 0): void {
    if (this.#alignments[id] !== 0) return;
    const records = this.#records;
    if (depth > MAX_DEPTH) throw records.malformed(id, `types nested at most ${MAX_DEPTH} deep`);
    switch (records.kinds[id]) {
      case PTR:
        this.#set(id, this.#pointerSize, this.#pointerSize);
        break;
      case INT: {
        const size = records.size(id);
        const bits = records.words[records.data(id)]! & 0xff;
        if (!isScalarSize(size) || bits !== size * 8) {
          throw records.malformed(
            id,
            `an int of 1, 2, 4, 8 or 16 whole bytes, not ${bits} bits of ${size} bytes`,
          );
        }
        this.#set(id, size, size);
        break;
      }
      case ENUM:
      case ENUM64:
      case FLOAT: {
        const size = records.size(id);
        if (!isScalarSize(size))
          throw records.malformed(id, `a value of 1, 2, 4, 8 or 16 bytes, not ${size}`);
        this.#set(id, size, size);
        break;
      }
      case TYPEDEF:
      case CONST:
      case VOLATILE:
      case RESTRICT:
      case TYPE_TAG: {
        const target = records.target(id);
        this.measure(target, depth + 1);
        this.#set(id, this.#sizes[target]!, this.#alignments[target]!);
        break;
      }
      case ARRAY: {
        const element = records.reference(records.data(id));
        this.measure(element, depth + 1);
        if (this.#alignments[element] === 0)
          throw records.malformed(id, 'elements of a type that has a size');
        const size = this.#sizes[element]! * records.words[records.data(id) + 2]!;
        if (size > MAX_SIZE) throw records.malformed(id, 'an array of less than 4 GiB');
        this.#set(id, size, this.#alignments[element]!);
        break;
      }
      case STRUCT:
      case UNION:
        this.#measureComposite(id, depth);
        break;
    }
  }

  #measureComposite(id: number, depth: number): void {
    const records = this.#records;
    const { words } = records;
    const size = records.size(id);
    const isUnion = records.kinds[id] === UNION;
    const flag = records.flag(id);
    let at = records.data(id);
    let alignment = 1;
    let packed = false;
    let end = 0;
    for (const last = at + 3 * records.vlen(id); at < last; at += 3) {
      const type = records.reference(at + 1);
      const bitOffset = memberOffset(words[at + 2]!, flag);
      const width = memberWidth(words[at + 2]!, flag);
      this.measure(type, depth + 1);
      const own = this.#alignments[type]!;
      if (own === 0) throw records.malformed(id, 'members of types that have a size');
      const bits = this.#sizes[type]! * 8;
      if (width > bits) throw records.malformed(id, `a bitfield of at most ${bits} bits, not ${width}`);
      if (isUnion ? bitOffset !== 0 : bitOffset < end)
        throw records.malformed(id, 'members that C can lay out so');
      end = Math.max(end, bitOffset + (width > 0 ? width : bits));
      alignment = Math.max(alignment, own);
      if (width > 0) packed ||= this.straddles(type, bitOffset, width);
      else if (bitOffset % (own * 8) !== 0) {
        if (bitOffset % 8 !== 0) throw records.malformed(id, 'members at whole bytes');
        packed = true;
      }
    }
    if (end > size * 8) throw records.malformed(id, `members within its ${size} bytes`);
    packed ||= size % alignment !== 0;
    this.#packed[id] = packed ? 1 : 0;
    this.#set(id, size, packed ? 1 : alignment);
  }

  #set(id: number, size: number, alignment: number): void {
    this.#sizes[id] = size;
    this.#alignments[id] = alignment;
  }
}

/** Bit offset in the third word of a `struct btf_member`. */
export function memberOffset(word: number, flag: boolean): number {
  return flag ? word & 0xff_ffff : word;
}

/** Width in bits of a bitfield, in the third word of a `struct btf_member`; 0 when it is none. */
export function memberWidth(word: number, flag: boolean): number {
  return flag ? word >>> 24 : 0;
}

function isScalarSize(size: number): boolean {
  return size === 1 || size === 2 || size === 4 || size === 8 || size === 16;
}
