import { readBigBits, readBits } from './bits.ts';
import { type DecoderCode, INSPECT, type ReadOptions } from './decoder-code.ts';
import { HOST_LITTLE_ENDIAN } from './memory.ts';
import {
  type ArrayShape,
  type BitsShape,
  type BytesShape,
  type Field,
  type IntShape,
  isOpen,
  type Shape,
  type StructShape,
} from './shape.ts';
import {
  cachedTextReader,
  factor,
  readText,
  TABLE_SHIFT,
  type TextReader,
  type TextTable,
  textTable,
} from './text.ts';

/**
 * Makes the code of a decoder through `new Function`: one function that returns an object literal, and a class
 * with a getter for each field.
 *
 * @throws EvalError where generating code is forbidden.
 */
export function generateCode(shape: Shape, options: ReadOptions): DecoderCode {
  const generator = new Generator(options);
  const source = generator.module(shape);
  const make = new Function('readText', 'readBits', 'readBigBits', 'texts', 'INSPECT', source);
  return make(readText, readBits, readBigBits, generator.texts, INSPECT) as DecoderCode;
}

/** The members of {@link RecordMemory}. */
const VIEWS = 'bytes, i16, u16, i32, u32, i64, u64, view';

/** The place of a value: `offset` bytes after the variable `o`, which is a multiple of `align`. */
interface Place {
  readonly offset: number;
  readonly align: number;
}

/** The typed arrays and the indexes derived from `o` that the code of one function uses. */
class Scope {
  readonly #names: Set<string> = new Set();
  readonly #indexes: Map<string, string> = new Map();

  /** A member of the memory, as a local variable. */
  view(name: string): string {
    this.#names.add(name);
    return name;
  }

  /** Element of a typed array. `>>>` is exact for every offset below 4 GiB; `>>` would be for half of them. */
  element(view: string, size: 1 | 2 | 4 | 8, offset: number): string {
    const name = this.view(view);
    if (size === 1) return `${name}[${plus(offset)}]`;
    const log2 = Math.log2(size);
    this.#indexes.set(`o${size}`, `o >>> ${log2}`);
    return `${name}[${plus(offset / size, `o${size}`)}]`;
  }

  get views(): string {
    return this.#names.size === 0 ? '' : `const { ${[...this.#names].join(', ')} } = m;`;
  }

  get indexes(): string {
    return [...this.#indexes].map(([name, value]) => `const ${name} = ${value};`).join(' ');
  }
}

/** Code that adds a constant to a variable. */
function plus(offset: number, variable = 'o'): string {
  return offset === 0 ? variable : `${variable} + ${offset}`;
}

class Generator {
  /** What the code refers to as `texts`. */
  readonly texts: (TextReader | TextTable)[] = [];
  readonly #native: boolean;
  readonly #options: ReadOptions;
  readonly #declarations: string[] = [];
  #names = 0;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#native = options.littleEndian === HOST_LITTLE_ENDIAN;
  }

  /** Body of a function that returns {@link DecoderCode}. In it `m` is the memory, `o` the offset, `n` the length. */
  module(shape: Shape): string {
    const scope = new Scope();
    const value = this.#read(shape, { offset: 0, align: 8 }, scope);
    const decode = `function decode(m, o, n = ${this.#options.size}) { ${scope.views} ${scope.indexes} return ${value}; }`;
    const createCursor = shape.form === 'struct' ? this.#cursorFunction(shape) : 'undefined';
    return `'use strict';\nconst { imul } = Math;\n${this.#declarations.join('\n')}\n${decode}\nreturn { decode, createCursor: ${createCursor} };`;
  }

  /** An expression for the value of that shape. */
  #read(shape: Shape, at: Place, scope: Scope): string {
    switch (shape.form) {
      case 'int':
        return this.#int(shape, at, scope);
      case 'bits':
        return this.#bits(shape, at, scope);
      case 'bool':
        return `Boolean(${this.#read(shape.of, at, scope)})`;
      case 'float':
        return this.#dataView(`getFloat${shape.size * 8}`, at, scope);
      case 'text':
        return this.#text(shape, at, scope);
      case 'bytes': {
        const end = shape.open ? 'o + n' : plus(at.offset + shape.length);
        return `${scope.view('bytes')}.slice(${plus(at.offset)}, ${end})`;
      }
      case 'array': {
        const count = shape.open ? `Math.floor((n - ${at.offset}) / ${shape.stride})` : shape.count;
        return `${this.#arrayFunction(shape, alignAt(at))}(m, ${plus(at.offset)}, ${count})`;
      }
      case 'struct': {
        const fields = shape.fields.map(
          (field) => `${key(field.name)}: ${this.#read(field.shape, inside(at, field), scope)}`,
        );
        return `({ ${fields.join(', ')} })`;
      }
    }
  }

  #int({ size, signed }: IntShape, at: Place, scope: Scope): string {
    if (size === 1) {
      const byte = scope.element('bytes', 1, at.offset);
      return signed ? `(${byte} << 24 >> 24)` : byte;
    }
    if (size === 8 && this.#options.int64 === 'number') {
      const [low, high] = this.#options.littleEndian ? [0, 4] : [4, 0];
      const word = (offset: number, signed: boolean) =>
        this.#int({ form: 'int', size: 4, signed }, { ...at, offset: at.offset + offset }, scope);
      return `(${word(high, signed)} * 4294967296 + ${word(low, false)})`;
    }
    const prefix = signed ? 'i' : 'u';
    if (this.#native && alignAt(at) >= size) return scope.element(`${prefix}${size * 8}`, size, at.offset);
    const big = size === 8 ? 'Big' : '';
    return this.#dataView(`get${big}${signed ? 'Int' : 'Uint'}${size * 8}`, at, scope);
  }

  #dataView(method: string, at: Place, scope: Scope): string {
    return `${scope.view('view')}.${method}(${plus(at.offset)}, ${this.#options.littleEndian})`;
  }

  #bits(shape: BitsShape, at: Place, scope: Scope): string {
    const { bits, signed, shift, container } = shape;
    const { littleEndian, int64 } = this.#options;
    if (container === 0) {
      const args = `${scope.view('bytes')}, ${plus(at.offset)}, ${shift}, ${bits}, ${signed}, ${littleEndian}`;
      if (bits <= 32) return `readBits(${args})`;
      return bits <= 64 && int64 === 'number' ? `Number(readBigBits(${args}))` : `readBigBits(${args})`;
    }
    const word = this.#int({ form: 'int', size: container, signed: false }, at, scope);
    const right = littleEndian ? shift : container * 8 - shift - bits;
    if (signed) return `(${word} << ${32 - right - bits} >> ${32 - bits})`;
    return bits === 32 ? word : `(${word} >>> ${right} & ${2 ** bits - 1})`;
  }

  #text({ length, open }: BytesShape, at: Place, scope: Scope): string {
    if (open) return `readText(${scope.view('bytes')}, ${plus(at.offset)}, o + n)`;
    if (!HOST_LITTLE_ENDIAN || alignAt(at) < 4) {
      return `readText(${scope.view('bytes')}, ${plus(at.offset)}, ${plus(at.offset + length)})`;
    }
    const table = textTable(length);
    const name = `text${this.texts.length}`;
    const from = `texts[${this.texts.length}]`;
    this.#declarations.push(
      table === undefined ? `const ${name} = ${from};` : tableReader(name, from, table),
    );
    this.texts.push(table ?? cachedTextReader(length));
    return `${name}(m, ${plus(at.offset)})`;
  }

  /** Name of a function that reads `count` elements. */
  #arrayFunction({ element, stride }: ArrayShape, align: number): string {
    const name = `array${this.#names++}`;
    const scope = new Scope();
    const value = this.#read(element, { offset: 0, align: Math.min(align, lowestBit(stride)) }, scope);
    this.#declarations.push(
      `function ${name}(m, o, count) { ${scope.views} const values = []; ` +
        `for (; count > 0; count--, o += ${stride}) { ${scope.indexes} values.push(${value}); } return values; }`,
    );
    return name;
  }

  /**
   * A function that makes a cursor. Its classes are made in there, for that memory alone: V8 takes the addresses of
   * the memory's arrays for constants and need not look at them for each field. It does so for `const` only, not for
   * parameters (a record of which one word is read: 5 to 9 ns, not 6 to 17).
   */
  #cursorFunction(shape: StructShape): string {
    const classes: string[] = [];
    const type = this.#cursorClass(shape, 8, classes);
    return `(memory) => {
      const m = memory, { ${VIEWS} } = m;
      ${classes.join('\n')}
      const value = new ${type}();
      return { value, moveTo(o, n = ${this.#options.size}) { ${type}.move(value, o, n); } };
    }`;
  }

  /** Adds the class of cursors over a struct whose offset is a multiple of `align`, and gives its name. */
  #cursorClass(shape: StructShape, align: number, classes: string[]): string {
    const name = `Cursor${this.#names++}`;
    const place: Place = { offset: 0, align };
    const nested: string[] = [];
    const getters = shape.fields.map((field) => {
      const at = inside(place, field);
      if (field.shape.form !== 'struct') return getter(field.name, this.#method(field.shape, at));
      const type = this.#cursorClass(field.shape, alignAt(at), classes);
      const cursor = `this.#nested${nested.length}`;
      nested.push(type);
      return getter(field.name, `return ${type}.move(${cursor}, this.#o + ${field.offset}, 0);`);
    });
    const copies = shape.fields.map(({ name, shape }) => {
      const value = `this[${JSON.stringify(name)}]`;
      return `${key(name)}: ${shape.form === 'struct' ? `${value}[INSPECT]()` : value}`;
    });
    // Moving it is one store: only a flexible array asks for the length.
    const [lengthField, setLength] = isOpen(shape) ? ['#n = 0;', 'cursor.#n = n;'] : ['', ''];
    classes.push(
      `class ${name} {
        #o = 0; ${lengthField} ${nested.map((type, i) => `#nested${i} = new ${type}();`).join(' ')}
        static move(cursor, o, n) { cursor.#o = o; ${setLength} return cursor; }
        [INSPECT]() { return { ${copies.join(', ')} }; }
        toJSON() { return this[INSPECT](); }
        ${getters.join('\n')}
      }`,
    );
    return name;
  }

  /** Body of a method that reads from where the cursor stands. */
  #method(shape: Shape, at: Place): string {
    const scope = new Scope();
    const value = this.#read(shape, at, scope);
    const length = 'open' in shape && shape.open ? 'const n = this.#n;' : '';
    return `const o = this.#o; ${length} ${scope.indexes} return ${value};`;
  }
}

/** A function that looks up a text in a table, without a loop; see {@link TextTable}. */
function tableReader(name: string, table: string, { words }: TextTable): string {
  const each = (code: (i: number) => string, separator: string): string =>
    Array.from({ length: words }, (_, i) => code(i)).join(separator);
  const hash = Array.from({ length: words }, (_, i) => `imul(w${i}, ${factor(i)})`).reduce(
    (sum, product) => `(${sum} + ${product} | 0)`,
  );
  return `const ${name} = (({ entries, keys, texts, miss }) => (m, o) => {
    const { i32 } = m, p = o >>> 2;
    const ${each((i) => `w${i} = i32[${plus(i, 'p')}]`, ', ')};
    const hash = ${hash}, entry = entries[hash >>> ${TABLE_SHIFT}], key = entry * ${words};
    return (${each((i) => `keys[${plus(i, 'key')}] ^ w${i}`, ' | ')}) === 0 ? texts[entry] : miss(m, o, hash);
  })(${table});`;
}

/** Computed, because a class may not otherwise have a getter called `constructor`. */
function getter(name: string, body: string): string {
  return `get [${JSON.stringify(name)}]() { ${body} }`;
}

/** A key of an object literal: quoted, for names come from outside; `__proto__` computed, or it would set the prototype. */
function key(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

function inside(at: Place, field: Field): Place {
  return { offset: at.offset + field.offset, align: at.align };
}

/** What the offset of the place is a multiple of, at most 8. */
function alignAt(at: Place): number {
  return Math.min(at.align, lowestBit(at.offset));
}

/** The greatest power of two up to 8 that divides a number. */
function lowestBit(value: number): number {
  return value % 8 === 0 ? 8 : value % 4 === 0 ? 4 : value % 2 === 0 ? 2 : 1;
}
