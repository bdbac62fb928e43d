import { ArgumentError, nearest } from '../errors/index.ts';
import { writeBits } from './bits.ts';
import type { Btf } from './btf.ts';
import { type ArrayShape, type BytesShape, type Shape, type StructShape, shapeOf } from './shape.ts';

const encoder = new TextEncoder();

/** Writes a value of a type at the start of `into`, or into new bytes, and returns the bytes it takes. */
export type Encoder<E> = (value: E, into?: Uint8Array) => Uint8Array;

/**
 * Makes an encoder for a type: for keys and values of maps and records of a user ring. It takes what
 * {@link Decoder} makes of the type, for every integer `number` and `bigint` alike. Padding is zero.
 *
 * A struct needs all its fields. Of a union any members may be given, those left out count as not given; two
 * that disagree about the bytes they share are refused, so change one only after leaving out the others.
 * A flexible array at the end makes the result as long as it must be.
 *
 * The encoder throws ArgumentError, with the path of the field (`event.args[2]`), for a value of another type, a
 * number out of range, text or an array of the wrong length, a missing or unknown field, and an `into` that
 * is too short.
 *
 * @param options.name what errors call the value; its type's name unless told.
 * @throws ArgumentError and ObjectFormatError as {@link createDecoder} does.
 *
 * @example
 * const encode = createEncoder<{ pid: number; comm: string }>(btf, btf.get('struct', 'event'));
 * encode({ pid: 1, comm: 'init' });
 */
export function createEncoder<E>(btf: Btf, typeId: number, options: { name?: string } = {}): Encoder<E> {
  const shape = shapeOf(btf, typeId);
  const size = btf.sizeof(typeId);
  const type = btf.type(btf.resolve(typeId));
  const root = options.name ?? ('name' in type && type.name !== '' ? type.name : 'value');
  const write = writer(shape, btf.littleEndian);

  return (value, into) => {
    const length = Math.max(size, openEnd(shape, value, root));
    if (into !== undefined && into.length < length) {
      throw new ArgumentError({
        message: `${root} takes ${length} bytes, more than the ${into.length} given`,
        remedy: `Give at least ${length} bytes, or none to get new ones.`,
      });
    }
    const bytes = into?.subarray(0, length).fill(0) ?? new Uint8Array(length);
    write(target(bytes), 0, value, root);
    return bytes;
  };
}

interface Target {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function target(bytes: Uint8Array): Target {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** Writes a value; `path` names it in errors. */
type Writer = (to: Target, offset: number, value: unknown, path: string) => void;

function writer(shape: Shape, littleEndian: boolean): Writer {
  switch (shape.form) {
    case 'int': {
      const { size, signed } = shape;
      return (to, offset, value, path) => {
        const integer = wholeNumber(value, size * 8, signed, path);
        writeBits(to.bytes, offset, 0, size * 8, integer, littleEndian);
      };
    }
    case 'bits': {
      const { bits, signed, shift } = shape;
      return (to, offset, value, path) => {
        writeBits(to.bytes, offset, shift, bits, wholeNumber(value, bits, signed, path), littleEndian);
      };
    }
    case 'bool': {
      const write = writer(shape.of, littleEndian);
      return (to, offset, value, path) => {
        if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
        write(to, offset, value ? 1 : 0, path);
      };
    }
    case 'float': {
      const set = shape.size === 4 ? 'setFloat32' : 'setFloat64';
      return (to, offset, value, path) => {
        if (typeof value !== 'number') throw wrong(path, 'a number', value);
        to.view[set](offset, value, littleEndian);
      };
    }
    case 'text':
    case 'bytes':
      return (to, offset, value, path) => to.bytes.set(bytesOf(shape, value, path), offset);
    case 'array':
      return arrayWriter(shape, littleEndian);
    case 'struct':
      return structWriter(shape, littleEndian);
  }
}

function wholeNumber(value: unknown, bits: number, signed: boolean, path: string): bigint {
  const integer = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof integer !== 'bigint') throw wrong(path, 'a whole number', value);
  const [min, max] = signed ? [-(1n << BigInt(bits - 1)), 1n << BigInt(bits - 1)] : [0n, 1n << BigInt(bits)];
  if (integer < min || integer >= max) throw wrong(path, `a whole number from ${min} to ${max - 1n}`, value);
  return integer;
}

/** The bytes of a field of text or bytes; text has the NUL that C looks for, unless it fills its array. */
function bytesOf({ form, length, open }: BytesShape, value: unknown, path: string): Uint8Array {
  if (form === 'bytes') {
    if (value instanceof Uint8Array && (open || value.length === length)) return value;
    throw wrong(path, open ? 'a Uint8Array' : `a Uint8Array of ${length} bytes`, value);
  }
  if (typeof value !== 'string' || value.includes('\0')) throw wrong(path, 'a string without NUL', value);
  const bytes = encoder.encode(`${value}\0`);
  if (open) return bytes;
  if (bytes.length - 1 > length) throw wrong(path, `a string of at most ${length} bytes in UTF-8`, value);
  return bytes.subarray(0, length);
}

function arrayWriter({ element, count, stride, open }: ArrayShape, littleEndian: boolean): Writer {
  const write = writer(element, littleEndian);
  return (to, offset, value, path) => {
    if (!Array.isArray(value) || !(open || value.length === count)) {
      throw wrong(path, open ? 'an array' : `an array of ${count} elements`, value);
    }
    for (const [i, item] of value.entries()) write(to, offset + i * stride, item, `${path}[${i}]`);
  };
}

function structWriter(shape: StructShape, littleEndian: boolean): Writer {
  const fields = shape.fields.map((field) => ({ ...field, write: writer(field.shape, littleEndian) }));
  const names = new Set(fields.map((field) => field.name));

  return (to, offset, value, path) => {
    if (typeof value !== 'object' || value === null) throw wrong(path, 'an object', value);
    const unknown = Object.keys(value).find((name) => !names.has(name));
    if (unknown !== undefined) throw unknownField(path, unknown, names);

    const given: typeof fields = [];
    for (const field of fields) {
      const item = own(value, field.name);
      if (item === undefined && field.shared) continue;
      field.write(to, offset + field.offset, item, `${path}.${field.name}`);
      if (field.shared) given.push(field);
    }
    if (given.length < 2) return;
    // Writing a member once more changes nothing exactly when it agrees with all that was written after it.
    for (const field of given) {
      const end = offset + shape.size;
      const again = target(to.bytes.slice(offset, end));
      field.write(again, field.offset, own(value, field.name), `${path}.${field.name}`);
      if (again.bytes.every((byte, i) => byte === to.bytes[offset + i])) continue;
      throw new ArgumentError({
        message: `${path}.${field.name} disagrees with another member of its union`,
        remedy: 'Give one member of a union, or members that stand for the same bytes.',
      });
    }
  };
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

/** Where a flexible array that ends the struct ends with this value; 0 without one. */
function openEnd(shape: Shape, value: unknown, path: string): number {
  const last = shape.form === 'struct' ? shape.fields.at(-1) : undefined;
  if (last === undefined || !('open' in last.shape && last.shape.open)) return 0;
  const item = typeof value === 'object' && value !== null ? own(value, last.name) : undefined;
  if (last.shape.form === 'array') {
    return Array.isArray(item) ? last.offset + item.length * last.shape.stride : 0;
  }
  return last.offset + bytesOf(last.shape, item, `${path}.${last.name}`).length;
}

function wrong(path: string, expected: string, value: unknown): ArgumentError {
  return new ArgumentError({
    message: `${path} must be ${expected}, not ${show(value)}`,
    remedy: 'Correct that field.',
  });
}

function unknownField(path: string, name: string, names: Iterable<string>): ArgumentError {
  const close = nearest(name, names);
  return new ArgumentError({
    message: `${path} has no field ${JSON.stringify(name)}`,
    remedy: close.length > 0 ? `Near it: ${close.join(', ')}.` : `Its fields: ${[...names].join(', ')}.`,
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
