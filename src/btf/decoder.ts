import type { Btf } from './btf.ts';
import { closureCode } from './closures.ts';
import type { DecoderCode, ReadOptions } from './decoder-code.ts';
import { generateCode } from './generate.ts';
import type { RecordMemory } from './memory.ts';
import { extent, isOpen, type Shape, shapeOf } from './shape.ts';

/**
 * Reads values of one type from memory. What C has becomes:
 *
 * | C | JavaScript |
 * |---|---|
 * | integers and bitfields of up to 32 bits, enums, `float`, `double` | `number` |
 * | integers, enums and pointers of 64 bits, bitfields of more than 32 | `bigint`, or `number` on request |
 * | `__int128` | `bigint` |
 * | `bool` | `boolean` |
 * | `char[n]` | `string` up to the first NUL, invalid UTF-8 as U+FFFD |
 * | `unsigned char[n]`, `long double` and other floats | `Uint8Array`, a copy |
 * | other arrays, each dimension of several | array |
 * | struct | object; the members of anonymous structs and unions are its own, padding is left out |
 * | union | object with every member |
 *
 * Of a `number` made from 64 bits everything above 2^53 is rounded.
 *
 * A flexible array at the end of the type (`char name[]`) reaches to the end of the record where its length is
 * given, and is empty otherwise.
 */
export interface Decoder<E> {
  /** Bytes that every value has: the size of the type, or with a flexible array the end of the fields before it. */
  readonly size: number;
  /**
   * Reads the value at `offset`, which must be a multiple of 8 with at least `size` bytes behind it: this is
   * the hot path and nothing is checked.
   *
   * @param length bytes of the record; matters only to a flexible array.
   */
  decode(memory: RecordMemory, offset: number, length?: number): E;
  /** Makes a cursor over values in this memory. */
  createCursor(memory: RecordMemory): Cursor<E>;
}

/**
 * One object that shows the fields of one struct after another, without copying what nobody reads; of a type that is no struct
 * or union, one value after another.
 */
export interface Cursor<E> {
  /**
   * The struct where the cursor stands. Every field is a getter that reads the memory at that moment; nested
   * structs are cursors, arrays are decoded whole.
   *
   * The getters are on the prototype: `Object.keys` and spreading see none. `toJSON()`, which `JSON.stringify`
   * calls, gives the decoded copy, unless the struct has a field of that name.
   */
  readonly value: Readonly<E>;
  /** Moves to the struct at `offset`, under the terms of {@link Decoder.decode}. */
  moveTo(offset: number, length?: number): void;
}

/** Options of {@link createDecoder}. */
export interface DecoderOptions {
  /** What 64-bit integers become; `bigint` unless told. */
  readonly int64?: 'bigint' | 'number';
}

/**
 * Makes a decoder for a type. Its code is generated, or put together from closures (several times slower) where
 * generating code is forbidden.
 *
 * @throws ArgumentError when values of the type have no size.
 * @throws ObjectFormatError when the type contradicts itself or is too large: 1 GiB, 65,536 members,
 * 1,048,576 values, 32 levels.
 *
 * @example
 * const decoder = createDecoder<{ pid: number; comm: string }>(btf, btf.get('struct', 'event'));
 * const { pid, comm } = decoder.decode(recordMemory(buffer, 0, buffer.byteLength), 0);
 */
export function createDecoder<E>(btf: Btf, typeId: number, options: DecoderOptions = {}): Decoder<E> {
  const shape = shapeOf(btf, typeId);
  const size = fixedSize(shape, btf.sizeof(typeId));
  const code = makeCode(shape, { size, littleEndian: btf.littleEndian, int64: options.int64 ?? 'bigint' });
  return {
    size,
    decode: code.decode as Decoder<E>['decode'],
    createCursor: (code.createCursor as Decoder<E>['createCursor'] | undefined) ?? valueCursor,
  };

  function valueCursor(memory: RecordMemory): Cursor<E> {
    let at = 0;
    let bytes: number | undefined;
    return {
      get value(): Readonly<E> {
        return code.decode(memory, at, bytes) as E;
      },
      moveTo(offset: number, length?: number): void {
        at = offset;
        bytes = length;
      },
    };
  }
}

function makeCode(shape: Shape, options: ReadOptions): DecoderCode {
  try {
    return generateCode(shape, options);
  } catch (error) {
    if (error instanceof EvalError) return closureCode(shape, options);
    throw error;
  }
}

/** Bytes that reading touches in every value; without its padding where a flexible array may start in that. */
function fixedSize(shape: Shape, size: number): number {
  if (shape.form !== 'struct') return size;
  return isOpen(shape) ? Math.max(...shape.fields.map((field) => field.offset + extent(field.shape))) : size;
}
