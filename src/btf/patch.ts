import type { Btf } from './btf.ts';
import { type BtfDatasec, type BtfLinkage, KINDS, LINKAGES } from './types.ts';
import { HEADER_SIZE, TYPE_WORDS } from './wire.ts';

/** A VAR: `struct btf_type` and its linkage. */
const VAR_SIZE: number = (TYPE_WORDS + 1) * 4;

/**
 * Changes a copy of a BTF in place: types keep their ids and strings their offsets, what is added comes last.
 *
 * For what loaders complete in the BTF of objects. The layout of records is told in `wire.ts`.
 */
export class BtfPatch {
  readonly #btf: Btf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #variables: { readonly name: number; readonly type: number }[] = [];
  readonly #strings: Uint8Array[] = [];
  #stringsEnd: number;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#bytes = new Uint8Array(btf.bytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#stringsEnd = btf.stringLimit;
  }

  /** Sets size and variables of a DATASEC, by ascending offset as the kernel wants them. */
  setDatasec(id: number, size: number, variables: BtfDatasec['variables']): void {
    const at = this.#btf.position(id);
    this.#set(at + 8, size);
    for (const [index, variable] of variables.toSorted((a, b) => a.offset - b.offset).entries()) {
      const entry = at + 12 + index * 12;
      this.#set(entry, variable.type);
      this.#set(entry + 4, variable.offset);
      this.#set(entry + 8, variable.size);
    }
  }

  /** Sets the linkage of a VAR or FUNC. */
  setLinkage(id: number, linkage: BtfLinkage): void {
    const at = this.#btf.position(id);
    const number = LINKAGES.indexOf(linkage);
    if (this.#btf.type(id).kind === 'var') this.#set(at + 12, number);
    else this.#set(at + 4, ((this.#get(at + 4) & ~0xffff) | number) >>> 0);
  }

  /** Sets the type that a VAR has. */
  setType(id: number, type: number): void {
    this.#set(this.#btf.position(id) + 8, type);
  }

  /** Names a parameter of a FUNC_PROTO by an offset into the strings. */
  setParameterName(id: number, index: number, nameOffset: number): void {
    this.#set(this.#btf.position(id) + 12 + index * 8, nameOffset);
  }

  /** Adds a string. @returns its offset. */
  addString(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const offset = this.#stringsEnd;
    this.#strings.push(bytes);
    this.#stringsEnd += bytes.length;
    return offset;
  }

  /** Adds a global VAR. @returns its id, and the offset of its name. */
  addVariable(name: string, type: number): { id: number; name: number } {
    const variable = { name: this.addString(name), type };
    this.#variables.push(variable);
    return { id: this.#btf.typeCount + this.#variables.length, name: variable.name };
  }

  /** The BTF with all changes. */
  build(): Uint8Array {
    const header = this.#get(4);
    const types = this.#section(header, 8);
    const variables = new Uint8Array(this.#variables.length * VAR_SIZE);
    const parts = [types, variables, this.#section(header, 16), ...this.#strings];
    const size = parts.reduce((sum, part) => sum + part.length, HEADER_SIZE);
    const blob = new Uint8Array(size);
    const view = new DataView(blob.buffer);
    const put = (at: number, words: readonly number[]): void => {
      for (const [i, word] of words.entries()) view.setUint32(at + i * 4, word, this.#btf.littleEndian);
    };
    blob.set(this.#bytes.subarray(0, 4));
    const typesLength = types.length + variables.length;
    put(4, [HEADER_SIZE, 0, typesLength, typesLength, size - HEADER_SIZE - typesLength]);
    let at = HEADER_SIZE;
    for (const part of parts) {
      blob.set(part, at);
      at += part.length;
    }
    for (const [i, { name, type }] of this.#variables.entries()) {
      const info = KINDS.indexOf('var') << 24;
      put(HEADER_SIZE + types.length + i * VAR_SIZE, [name, info, type, LINKAGES.indexOf('global')]);
    }
    return blob;
  }

  /** A section by the place of its offset and length in the header. */
  #section(header: number, field: number): Uint8Array {
    const start = header + this.#get(field);
    return this.#bytes.subarray(start, start + this.#get(field + 4));
  }

  #get(at: number): number {
    return this.#view.getUint32(at, this.#btf.littleEndian);
  }

  #set(at: number, word: number): void {
    this.#view.setUint32(at, word, this.#btf.littleEndian);
  }
}
