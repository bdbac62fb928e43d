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

/** Bits `from` (included) to `to` of a struct that no member takes. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

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
  /** By id of struct or union: whether its members alone, in this order, make it what it is. */
  readonly #exact: Uint8Array;
  readonly #packed: Set<number> = new Set();

  constructor(records: TypeRecords) {
    const length = records.kinds.length;
    this.#records = records;
    this.#pointerSize = records.btf.pointerSize;
    this.#alignments = new Uint8Array(length);
    this.#sizes = new Uint32Array(length);
    this.#exact = new Uint8Array(length);
  }

  /** Whether a measured struct or union must be printed as packed. */
  isPacked(id: number): boolean {
    return this.#packed.has(id);
  }

  /**
   * The gaps that C would not leave by itself in a measured struct or union: before the member of that index, or at the
   * number of members behind the last. Nothing where there is none.
   */
  gaps(id: number): ReadonlyMap<number, Gap> | undefined {
    return this.#exact[id] === 1 ? undefined : this.#findGaps(id);
  }

  /**
   * Measures a type and what it contains. References must have been checked.
   *
   * @throws ObjectFormatError when no C compiler could lay it out so: members that overlap, lie
   * outside, or have no size; numbers of other sizes than C has.
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
      case ENUM64: {
        const size = records.size(id);
        if (!isScalarSize(size) || size > 8)
          throw records.malformed(id, `an enum of 1, 2, 4 or 8 bytes, not ${size}`);
        this.#set(id, size, size);
        break;
      }
      case FLOAT: {
        const size = records.size(id);
        if (!isScalarSize(size))
          throw records.malformed(id, `a float of 1, 2, 4, 8 or 16 bytes, not ${size}`);
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
        const element = records.words[records.data(id)]!;
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
    const alignments = this.#alignments;
    const sizes = this.#sizes;
    const bytes = records.size(id);
    const isUnion = records.kinds[id] === UNION;
    const flag = records.flag(id);
    let alignment = 8;
    let isExact = true;
    let isPacked = false;
    /** Bits from the start to the end of the members so far. Alignments too are in bits here. */
    let end = 0;
    for (let i = records.vlen(id), at = records.data(id); i > 0; i--, at += 3) {
      const type = words[at + 1]!;
      if (alignments[type] === 0) this.measure(type, depth + 1);
      const unit = alignments[type]! * 8;
      if (unit === 0) throw records.malformed(id, 'members of types that have a size');
      const place = words[at + 2]!;
      const bitOffset = memberOffset(place, flag);
      const width = memberWidth(place, flag);
      const bits = sizes[type]! * 8;
      if (isUnion ? bitOffset !== 0 : bitOffset < end) {
        throw records.malformed(id, isUnion ? 'members at its start' : 'members that do not overlap');
      }
      if (width > 0) {
        if (width > bits) throw records.malformed(id, `a bitfield of at most ${bits} bits, not ${width}`);
        isPacked ||= straddles(bitOffset, width, bits);
        isExact &&= isUnion || bitOffset === naturalOffset(end, width, bits, unit);
      } else {
        if (bitOffset % 8 !== 0) throw records.malformed(id, 'members at whole bytes');
        isPacked ||= bitOffset % unit !== 0;
        isExact &&= isUnion || bitOffset - end < unit;
      }
      isExact &&= words[at] !== 0 || records.composite(type) !== undefined;
      if (unit > alignment) alignment = unit;
      const memberEnd = bitOffset + (width > 0 ? width : bits);
      if (memberEnd > end) end = memberEnd;
    }
    if (end > bytes * 8) throw records.malformed(id, `members within its ${bytes} bytes`);
    isPacked ||= (bytes * 8) % alignment !== 0;
    if (isPacked) this.#packed.add(id);
    this.#exact[id] = isExact && !isPacked && bytes * 8 - end < alignment ? 1 : 0;
    this.#set(id, bytes, isPacked ? 1 : alignment / 8);
  }

  #findGaps(id: number): ReadonlyMap<number, Gap> {
    const records = this.#records;
    const gaps = new Map<number, Gap>();
    const isUnion = records.kinds[id] === UNION;
    const isPacked = this.#packed.has(id);
    const flag = records.flag(id);
    const count = records.vlen(id);
    let end = 0;
    for (let i = 0, at = records.data(id); i < count; i++, at += 3) {
      const type = records.words[at + 1]!;
      if (records.words[at] === 0 && records.composite(type) === undefined) continue;
      const bitOffset = memberOffset(records.words[at + 2]!, flag);
      const width = memberWidth(records.words[at + 2]!, flag);
      const bits = this.#sizes[type]! * 8;
      const natural = isPacked
        ? roundUp(end, width > 0 ? 1 : 8)
        : naturalOffset(end, width, bits, this.#alignments[type]! * 8);
      if (!isUnion && natural !== bitOffset) gaps.set(i, { from: end, to: bitOffset });
      end = Math.max(end, bitOffset + (width > 0 ? width : bits));
    }
    const size = this.#sizes[id]! * 8;
    if (roundUp(end, this.#alignments[id]! * 8) !== size) gaps.set(count, { from: end, to: size });
    return gaps;
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

/** Whether a bitfield would lie in two units of its type, which it does only in a packed struct. */
function straddles(bitOffset: number, width: number, unit: number): boolean {
  return (bitOffset % unit) + width > unit;
}

/** Where C puts a member, or a bitfield if `width` is not 0, behind `end`; all in bits. */
function naturalOffset(end: number, width: number, bits: number, alignment: number): number {
  return width > 0 && !straddles(end, width, bits) ? end : roundUp(end, alignment);
}

function roundUp(bits: number, unit: number): number {
  return Math.ceil(bits / unit) * unit;
}

function isScalarSize(size: number): boolean {
  return size === 1 || size === 2 || size === 4 || size === 8 || size === 16;
}
