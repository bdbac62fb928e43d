import type { Btf, BtfDatasec, BtfLinkage } from '../../btf/index.ts';

const LINKAGES: readonly BtfLinkage[] = ['static', 'global', 'extern'];
const HEADER_SIZE = 24;
const VAR_SIZE = 16;
const KIND_VAR = 14;

/**
 * Changes to a BTF in place: records keep their ids and sizes, new ones come last.
 *
 * The layout of records is in Documentation/bpf/btf.rst: `struct btf_type` is u32 `name_off`, `info`, `size` or `type`.
 */
export class BtfPatch {
  readonly #btf: Btf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #added: { readonly text: string; readonly name: number; readonly type: number }[] = [];

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#bytes = new Uint8Array(btf.bytes);
    this.#view = new DataView(this.#bytes.buffer);
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

  /** Adds a global VAR. @returns its id, and the offset of its name in the strings. */
  addVariable(name: string, type: number): { id: number; name: number } {
    const strings = this.#btf.stringLimit + this.#addedNames().length;
    const added = { id: this.#btf.typeCount + 1 + this.#added.length, name: strings };
    this.#added.push({ text: name, name: strings, type });
    return added;
  }

  /** The BTF with all changes. */
  build(): Uint8Array {
    const header = this.#get(4);
    const types = this.#section(header, 8);
    const strings = this.#section(header, 16);
    const variables = new Uint8Array(this.#added.length * VAR_SIZE);
    const parts = [types, variables, strings, this.#addedNames()];
    const blob = new Uint8Array(HEADER_SIZE + parts.reduce((sum, part) => sum + part.length, 0));
    blob.set(this.#bytes.subarray(0, 4));
    let at = HEADER_SIZE;
    for (const part of parts) {
      blob.set(part, at);
      at += part.length;
    }
    const view = new DataView(blob.buffer);
    const typesLength = types.length + variables.length;
    const words = [HEADER_SIZE, 0, typesLength, typesLength, blob.length - HEADER_SIZE - typesLength];
    for (const [i, word] of words.entries()) view.setUint32(4 + i * 4, word, this.#btf.littleEndian);
    for (const [i, { name, type }] of this.#added.entries()) {
      const start = HEADER_SIZE + types.length + i * VAR_SIZE;
      for (const [field, word] of [name, KIND_VAR << 24, type, LINKAGES.indexOf('global')].entries()) {
        view.setUint32(start + field * 4, word, this.#btf.littleEndian);
      }
    }
    return blob;
  }

  /** A section by the place of its offset and length in the header. */
  #section(header: number, field: number): Uint8Array {
    const start = header + this.#get(field);
    return this.#bytes.subarray(start, start + this.#get(field + 4));
  }

  #addedNames(): Uint8Array {
    return new TextEncoder().encode(this.#added.map(({ text }) => `${text}\0`).join(''));
  }

  #get(at: number): number {
    return this.#view.getUint32(at, this.#btf.littleEndian);
  }

  #set(at: number, word: number): void {
    this.#view.setUint32(at, word, this.#btf.littleEndian);
  }
}
