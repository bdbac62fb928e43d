import { readBigBits, readBits } from './bits.ts';
import { type DecoderCode, INSPECT, type Reader, type ReadOptions } from './decoder-code.ts';
import type { RecordMemory } from './memory.ts';
import type { Shape, StructShape } from './shape.ts';
import { readText } from './text.ts';

/** Makes the same as {@link generateCode} from closures, where generating code is forbidden. Several times slower. */
export function closureCode(shape: Shape, options: ReadOptions): DecoderCode {
  const { size } = options;
  const decode = reader(shape, options);
  return {
    decode: (memory, offset, length = size) => decode(memory, offset, length),
    createCursor: shape.form === 'struct' ? cursorMaker(shape, options) : undefined,
  };
}

function reader(shape: Shape, options: ReadOptions): Reader {
  const { littleEndian } = options;
  const toNumber = options.int64 === 'number';
  switch (shape.form) {
    case 'int':
      return intReader(shape.size, shape.signed, options);
    case 'bits': {
      const { bits, signed, shift } = shape;
      if (bits <= 32) return ({ bytes }, o) => readBits(bytes, o, shift, bits, signed, littleEndian);
      return ({ bytes }, o) => {
        const value = readBigBits(bytes, o, shift, bits, signed, littleEndian);
        return bits <= 64 && toNumber ? Number(value) : value;
      };
    }
    case 'bool': {
      const read = reader(shape.of, options);
      return (memory, o, n) => Boolean(read(memory, o, n));
    }
    case 'float':
      return shape.size === 4
        ? ({ view }, o) => view.getFloat32(o, littleEndian)
        : ({ view }, o) => view.getFloat64(o, littleEndian);
    case 'text': {
      const { length, open } = shape;
      return ({ bytes }, o, n) => readText(bytes, o, o + (open ? n : length));
    }
    case 'bytes': {
      const { length, open } = shape;
      return ({ bytes }, o, n) => bytes.slice(o, o + (open ? n : length));
    }
    case 'array': {
      const { count, stride, open } = shape;
      const read = reader(shape.element, options);
      return (memory, o, n) =>
        Array.from({ length: open ? Math.floor(n / stride) : count }, (_, i) =>
          read(memory, o + i * stride, stride),
        );
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, offset, shape }) => ({
        name,
        offset,
        read: reader(shape, options),
      }));
      return (memory, o, n) => {
        const value = {};
        for (const { name, offset, read } of fields)
          define(value, name, read(memory, o + offset, n - offset));
        return value;
      };
    }
  }
}

/** Defines an own field, also one called `__proto__`. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function intReader(size: 1 | 2 | 4 | 8, signed: boolean, { littleEndian, int64 }: ReadOptions): Reader {
  switch (size) {
    case 1:
      return signed ? ({ view }, o) => view.getInt8(o) : ({ view }, o) => view.getUint8(o);
    case 2:
      return signed
        ? ({ view }, o) => view.getInt16(o, littleEndian)
        : ({ view }, o) => view.getUint16(o, littleEndian);
    case 4:
      return signed
        ? ({ view }, o) => view.getInt32(o, littleEndian)
        : ({ view }, o) => view.getUint32(o, littleEndian);
    case 8: {
      const read: (view: DataView, o: number) => bigint = signed
        ? (view, o) => view.getBigInt64(o, littleEndian)
        : (view, o) => view.getBigUint64(o, littleEndian);
      return int64 === 'number' ? ({ view }, o) => Number(read(view, o)) : ({ view }, o) => read(view, o);
    }
  }
}

function cursorMaker(shape: StructShape, options: ReadOptions): DecoderCode['createCursor'] {
  const Cursor = cursorClass(shape, options);
  return (memory) => {
    const value = new Cursor(memory);
    return { value, moveTo: (offset, length = options.size) => void Cursor.move(value, offset, length) };
  };
}

interface CursorClass {
  new (memory: RecordMemory): object;
  move(cursor: object, offset: number, length: number): object;
}

function cursorClass(shape: StructShape, options: ReadOptions): CursorClass {
  const decode = reader(shape, options);
  return class Cursor {
    readonly #memory: RecordMemory;
    #offset = 0;
    #length = 0;

    constructor(memory: RecordMemory) {
      this.#memory = memory;
    }

    static move(cursor: Cursor, offset: number, length: number): Cursor {
      cursor.#offset = offset;
      cursor.#length = length;
      return cursor;
    }

    toJSON(): unknown {
      return decode(this.#memory, this.#offset, this.#length);
    }

    static {
      Object.defineProperty(Cursor.prototype, INSPECT, { value: Cursor.prototype.toJSON });
      for (const { name, offset, shape: inner } of shape.fields) {
        const read = inner.form === 'struct' ? nestedCursor(inner, options) : reader(inner, options);
        Object.defineProperty(Cursor.prototype, name, {
          configurable: true,
          get(this: Cursor): unknown {
            return read(this.#memory, this.#offset + offset, this.#length - offset);
          },
        });
      }
    }
  };
}

function nestedCursor(shape: StructShape, options: ReadOptions): Reader {
  const Nested = cursorClass(shape, options);
  return (memory, offset, length) => Nested.move(new Nested(memory), offset, length);
}
