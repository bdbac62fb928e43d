import { describe, MAX_DEPTH, malformed, resolveType, sizeOf } from './layout.ts';
import type { BtfComposite, BtfEnum, BtfEnum64, BtfInt, BtfMember, TypeSource } from './types.ts';

/*
 * A shape is what is left of a type once names are resolved and offsets known: a tree from which decoder, cursor
 * and encoder are made. Its limits bound the size of generated code and the work of one decode, whatever the BTF says.
 */

/** Most nodes of a shape. */
const MAX_NODES = 1 << 16;
/** Most values (and KiB of text or bytes) that one decode makes, elements of arrays counted one by one. */
const MAX_VALUES = 1 << 20;
/** Longest type: a ring record's length has 30 bits. */
const MAX_SIZE = 2 ** 30;

/** A whole number of 1, 2, 4 or 8 bytes: int, enum or pointer. */
export interface IntShape {
  readonly form: 'int';
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** A whole number in `bits` bits of any place: a bitfield, an int of 16 bytes or of an odd size. */
export interface BitsShape {
  readonly form: 'bits';
  readonly bits: number;
  readonly signed: boolean;
  /** Bits between the start of the field and the first bit, in the order of {@link BtfMember.bitOffset}. */
  readonly shift: number;
  /** Bytes of an aligned word that starts with the field and holds all its bits; 0 when no such word lies in the struct. */
  readonly container: 0 | 1 | 2 | 4;
}

/** False when all bits of `of` are zero. */
export interface BoolShape {
  readonly form: 'bool';
  readonly of: IntShape | BitsShape;
}

export interface FloatShape {
  readonly form: 'float';
  readonly size: 4 | 8;
}

/** `char[length]` as text, or the same of other bytes as they are. `open`: goes on to the end of the record. */
export interface BytesShape {
  readonly form: 'text' | 'bytes';
  readonly length: number;
  readonly open: boolean;
}

export interface ArrayShape {
  readonly form: 'array';
  readonly element: Shape;
  readonly count: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
  readonly open: boolean;
}

/** A struct or union, the members of its anonymous structs and unions among its own. */
export interface StructShape {
  readonly form: 'struct';
  readonly size: number;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly shape: Shape;
  /** Member of a union: shares its bytes with others. */
  readonly shared: boolean;
}

export type Shape = IntShape | BitsShape | BoolShape | FloatShape | BytesShape | ArrayShape | StructShape;

/**
 * The shape of a type.
 *
 * @throws ObjectFormatError when the type contradicts itself (a member outside its struct, a struct inside itself)
 * or exceeds the limits above.
 * @throws ArgumentError when the type has no size.
 */
export function shapeOf(types: TypeSource, id: number): Shape {
  if (sizeOf(types, id) > MAX_SIZE) throw malformed(types, id, 'a type of at most 1 GiB');
  return new ShapeBuilder(types).root(id);
}

/** Bytes from the start of a value that reading it may touch, a flexible array left out. */
export function extent(shape: Shape): number {
  switch (shape.form) {
    case 'int':
    case 'float':
    case 'struct':
      return shape.size;
    case 'bits':
      return shape.container > 0 ? shape.container : Math.ceil((shape.shift + shape.bits) / 8);
    case 'bool':
      return extent(shape.of);
    case 'text':
    case 'bytes':
      return shape.length;
    case 'array':
      return shape.count * shape.stride;
  }
}

/** Whether its last field is a flexible array, which goes on to the end of the record. */
export function isOpen({ fields }: StructShape): boolean {
  const last = fields.at(-1);
  return last !== undefined && 'open' in last.shape && last.shape.open;
}

class ShapeBuilder {
  readonly #types: TypeSource;
  #nodes = 0;
  #values = 0;

  constructor(types: TypeSource) {
    this.#types = types;
  }

  /** The shape of the type itself: here the last member of a struct may be a flexible array. */
  root(id: number): Shape {
    const shape = this.#shape(id, 1, 0);
    if (shape.form !== 'struct') return shape;
    const last = shape.fields.at(-1);
    if (last === undefined || last.shared) return shape;
    const inner = last.shape;
    const flexible =
      inner.form === 'array'
        ? inner.count === 0 && inner.stride > 0
        : 'length' in inner && inner.length === 0;
    if (!flexible) return shape;
    const open = { ...last, shape: { ...inner, open: true } as Shape };
    return { ...shape, fields: [...shape.fields.slice(0, -1), open] };
  }

  /** @param times how often one decode reads this node. */
  #shape(id: number, times: number, depth: number): Shape {
    const at = resolveType(this.#types, id);
    this.#charge(at, times, depth);
    const type = this.#types.type(at);
    switch (type.kind) {
      case 'int':
        return intShape(type);
      case 'enum':
      case 'enum64':
        return this.#wholeNumber(at, type.size, type.signed);
      case 'ptr':
        return { form: 'int', size: this.#types.pointerSize, signed: false };
      case 'float':
        if (type.size === 4 || type.size === 8) return { form: 'float', size: type.size };
        return { form: 'bytes', length: type.size, open: false };
      case 'struct':
      case 'union':
        return this.#struct(at, type, times, depth);
      case 'var':
        return this.#shape(type.type, times, depth + 1);
      case 'array': {
        const form = byteForm(this.#types, type.type);
        if (form !== undefined) {
          this.#charge(at, (times * type.count) / 1024, depth);
          return { form, length: type.count, open: false };
        }
        const stride = sizeOf(this.#types, type.type, at);
        const element = this.#shape(type.type, times * Math.max(1, type.count), depth + 1);
        return { form: 'array', element, count: type.count, stride, open: false };
      }
      default:
        sizeOf(this.#types, at);
        throw malformed(this.#types, at, `a type with values, not ${describe(type)}`);
    }
  }

  #charge(id: number, times: number, depth: number): void {
    this.#nodes++;
    this.#values += times;
    if (depth > MAX_DEPTH) throw malformed(this.#types, id, `types nested at most ${MAX_DEPTH} deep`);
    if (this.#nodes > MAX_NODES) throw malformed(this.#types, id, `a type of at most ${MAX_NODES} members`);
    if (this.#values > MAX_VALUES) throw malformed(this.#types, id, `a type of at most ${MAX_VALUES} values`);
  }

  #struct(id: number, type: BtfComposite, times: number, depth: number): StructShape {
    const fields = new Map<string, Field>();
    const collect = (at: number, from: BtfComposite, base: number, shared: boolean, depth: number): void => {
      const isShared = shared || from.kind === 'union';
      for (const member of from.members) {
        const bitOffset = base + member.bitOffset;
        if (member.name !== '') {
          // C allows a name once; of a hostile struct's double names the first stands.
          if (fields.has(member.name)) continue;
          const place = this.#member(at, { ...member, bitOffset }, type.size, times, depth);
          fields.set(member.name, { name: member.name, ...place, shared: isShared });
          continue;
        }
        const inner = resolveType(this.#types, member.type);
        const innerType = this.#types.type(inner);
        if (innerType.kind !== 'struct' && innerType.kind !== 'union') continue;
        this.#charge(inner, times, depth);
        collect(inner, innerType, bitOffset, isShared, depth + 1);
      }
    };
    collect(id, type, 0, false, depth);
    return { form: 'struct', size: type.size, fields: [...fields.values()] };
  }

  #member(
    owner: number,
    member: BtfMember,
    structSize: number,
    times: number,
    depth: number,
  ): { offset: number; shape: Shape } {
    const { name, bitOffset, bitSize } = member;
    const fail = (expected: string) =>
      malformed(this.#types, owner, `${expected} for member ${JSON.stringify(name)}`);
    const at = resolveType(this.#types, member.type);
    const type = this.#types.type(at);
    const isInt = type.kind === 'int';

    if (bitSize > 0 || (isInt && (bitOffset % 8 !== 0 || !isPlain(type)))) {
      if (!isInt && type.kind !== 'enum' && type.kind !== 'enum64') throw fail('a bitfield of int or enum');
      this.#charge(at, times, depth);
      const first = bitOffset + (isInt ? type.bitOffset : 0);
      const bits = bitSize > 0 ? bitSize : isInt ? type.bits : 0;
      if (bits > type.size * 8) throw fail(`at most ${type.size * 8} bits, not ${bits},`);
      if (first + bits > structSize * 8) throw fail(`a place within ${structSize} bytes`);
      return bitfield(first, bits, type, structSize);
    }
    if (bitOffset % 8 !== 0) throw fail('an offset of whole bytes');
    const offset = bitOffset / 8;
    if (offset + sizeOf(this.#types, at, owner) > structSize)
      throw fail(`a place within ${structSize} bytes`);
    return { offset, shape: this.#shape(at, times, depth + 1) };
  }

  #wholeNumber(id: number, size: number, signed: boolean): IntShape {
    if (size === 1 || size === 2 || size === 4 || size === 8) return { form: 'int', size, signed };
    throw malformed(this.#types, id, `an enum of 1, 2, 4 or 8 bytes, not ${size}`);
  }
}

/** What an array of that type is read as, if not as an array: `char` as text, other unsigned bytes as bytes. */
export function byteForm(types: TypeSource, id: number): BytesShape['form'] | undefined {
  const type = types.type(resolveType(types, id));
  if (type.kind !== 'int' || type.size !== 1 || !isPlain(type) || type.bool) return undefined;
  if (type.char || type.name === 'char') return 'text';
  return type.signed ? undefined : 'bytes';
}

function isPlain(type: BtfInt): boolean {
  return type.bitOffset === 0 && type.bits === type.size * 8;
}

function intShape(type: BtfInt): IntShape | BitsShape | BoolShape {
  const { size, signed, bits } = type;
  const plain = isPlain(type) && (size === 1 || size === 2 || size === 4 || size === 8);
  const of: IntShape | BitsShape = plain
    ? { form: 'int', size, signed }
    : { form: 'bits', bits, signed, shift: type.bitOffset, container: 0 };
  return type.bool ? { form: 'bool', of } : of;
}

function bitfield(
  bitOffset: number,
  bits: number,
  type: BtfInt | BtfEnum | BtfEnum64,
  structSize: number,
): { offset: number; shape: BitsShape | BoolShape } {
  let offset = Math.floor(bitOffset / 8);
  let container: BitsShape['container'] = 0;
  for (const size of [1, 2, 4] as const) {
    const start = Math.floor(bitOffset / 8 / size) * size;
    if (bitOffset + bits > (start + size) * 8 || start + size > structSize) continue;
    [offset, container] = [start, size];
    break;
  }
  const of: BitsShape = { form: 'bits', bits, signed: type.signed, shift: bitOffset - offset * 8, container };
  return { offset, shape: type.kind === 'int' && type.bool ? { form: 'bool', of } : of };
}
