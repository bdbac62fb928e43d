import { ArgumentError } from '../errors/index.ts';
import type { Btf } from './btf.ts';
import { encodeType } from './encode-type.ts';
import { describe } from './layout.ts';
import type { BtfType } from './types.ts';
import { HEADER_SIZE, MAGIC, VERSION } from './wire.ts';

/** A type that can be added: every kind but void, which every BTF has as type 0. */
export type BtfNewType = Exclude<BtfType, { kind: 'void' }>;

/** Options of {@link BtfBuilder}. */
export interface BtfBuilderOptions {
  /** Makes split BTF that builds on this one, in its byte order. */
  readonly base?: Btf;
  /** Byte order of the result; little-endian unless told or given by `base`. */
  readonly littleEndian?: boolean;
}

/**
 * Writes BTF, one type after another (`btf__add_*`, `btf__raw_data`).
 *
 * @example
 * const builder = new BtfBuilder();
 * const u32 = builder.int('unsigned int', 4);
 * const event = builder.add({
 *   kind: 'struct', name: 'event', size: 4, members: [{ name: 'pid', type: u32, bitOffset: 0, bitSize: 0 }],
 * });
 * const btf = Btf.parse(builder.build());
 */
export class BtfBuilder {
  readonly #littleEndian: boolean;
  readonly #types: { readonly type: BtfNewType; readonly bytes: Uint8Array }[] = [];
  readonly #firstId: number;
  readonly #names: Map<string, number> = new Map();
  readonly #strings: Uint8Array[] = [];
  readonly #firstName: number;
  #stringsLength: number;

  constructor({ base, littleEndian }: BtfBuilderOptions = {}) {
    this.#littleEndian = base?.littleEndian ?? littleEndian ?? true;
    this.#firstId = base === undefined ? 1 : base.typeCount + 1;
    this.#firstName = base?.stringLimit ?? 0;
    this.#stringsLength = 0;
    // The empty string comes first; split BTF has that of its base.
    this.#names.set('', 0);
    if (base === undefined) this.#append(new Uint8Array(1));
  }

  /** Id that the next type will get: a struct that points to itself refers to it. */
  get nextId(): number {
    return this.#firstId + this.#types.length;
  }

  /**
   * Adds a type and gives its id. It may refer to ids that are added later.
   *
   * @throws ArgumentError when a number does not fit its field or a name has a NUL.
   */
  add(type: BtfNewType): number {
    const id = this.nextId;
    this.#types.push({ type, bytes: encodeType(type, (name) => this.#nameOffset(name), this.#littleEndian) });
    return id;
  }

  /** Adds an int of `size` bytes: unsigned unless `encoding` says otherwise. */
  int(name: string, size: number, encoding?: 'signed' | 'char' | 'bool'): number {
    return this.add({
      kind: 'int',
      name,
      size,
      bits: size * 8,
      bitOffset: 0,
      signed: encoding === 'signed',
      char: encoding === 'char',
      bool: encoding === 'bool',
    });
  }

  /** Puts a text into the string section and gives its offset: line information names files and lines that way. */
  addString(text: string): number {
    return this.#nameOffset(text);
  }

  /** The BTF blob, as `BPF_BTF_LOAD` takes it. @throws ArgumentError when a type refers to an id that was not added. */
  build(): Uint8Array {
    for (const { type } of this.#types) {
      const missing = references(type).find((id) => id >= this.nextId);
      if (missing === undefined) continue;
      throw new ArgumentError({
        message: `BTF of ${describe(type)}: there is no type ${missing}`,
        remedy: `Add that type first; ids so far end at ${this.nextId - 1}.`,
      });
    }
    const typesLength = this.#types.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const blob = new Uint8Array(HEADER_SIZE + typesLength + this.#stringsLength);
    const view = new DataView(blob.buffer);
    view.setUint16(0, MAGIC, this.#littleEndian);
    view.setUint8(2, VERSION);
    const words = [HEADER_SIZE, 0, typesLength, typesLength, this.#stringsLength];
    words.forEach((word, i) => {
      view.setUint32(4 + i * 4, word, this.#littleEndian);
    });
    let at = HEADER_SIZE;
    for (const bytes of [...this.#types.map((t) => t.bytes), ...this.#strings]) {
      blob.set(bytes, at);
      at += bytes.length;
    }
    return blob;
  }

  #nameOffset(name: string): number {
    let offset = this.#names.get(name);
    if (offset === undefined) {
      if (name.includes('\0')) {
        throw new ArgumentError({
          message: `BTF name ${JSON.stringify(name)} contains a NUL`,
          remedy: 'Names in BTF end at the first NUL; leave it out.',
        });
      }
      offset = this.#firstName + this.#stringsLength;
      this.#names.set(name, offset);
      this.#append(new TextEncoder().encode(`${name}\0`));
    }
    return offset;
  }

  #append(bytes: Uint8Array): void {
    this.#strings.push(bytes);
    this.#stringsLength += bytes.length;
  }
}

/** Ids of the types that a type refers to. */
function references(type: BtfNewType): readonly number[] {
  switch (type.kind) {
    case 'array':
      return [type.type, type.indexType];
    case 'struct':
    case 'union':
      return type.members.map((member) => member.type);
    case 'func_proto':
      return [type.returnType, ...type.params.map((param) => param.type)];
    case 'datasec':
      return type.variables.map((variable) => variable.type);
    default:
      return 'type' in type ? [type.type] : [];
  }
}
