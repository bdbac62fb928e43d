import { CORE_KINDS, type CoreRelocation, type SourceLine } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import type { ElfSection } from '../../elf/index.ts';
import type { ObjectFile } from './object-file.ts';

/** What `.BTF.ext` tells about one instruction. */
export interface Facts {
  func?: number;
  source?: SourceLine;
  relocation?: CoreRelocation;
}

const MAGIC = 0xeb9f;
const HEADER_SIZE = 24;

/**
 * How many times the size of the file the texts of all lines may be together: they may share bytes, so that without a
 * limit a small file could hold many long ones.
 */
const MAX_SHARING = 64;

/**
 * Reads `.BTF.ext`: where functions start, from which lines instructions were made, what CO-RE has to write.
 *
 * ```
 * struct btf_ext_header: u16 magic, u8 version, u8 flags, u32 hdr_len,
 *                        u32 func_info_off, func_info_len, line_info_off, line_info_len, core_relo_off, core_relo_len
 * each part:             u32 rec_size, then for each section: u32 sec_name_off, num_info, records
 * records begin with     u32 insn_off (bytes in the section), then
 *   bpf_func_info        u32 type_id
 *   bpf_line_info        u32 file_name_off, line_off, line_col (line << 10 | column)
 *   bpf_core_relo        u32 type_id, access_str_off, kind
 * ```
 *
 * @returns facts by name of section and offset in it.
 * @throws ObjectFormatError.
 * Source: Documentation/bpf/btf.rst, section 4.2; `struct bpf_core_relo` in `linux/bpf.h`.
 */
export function readBtfExt(file: ObjectFile, btf: Btf): Map<string, Map<number, Facts>> {
  const section = file.elf.section('.BTF.ext');
  return section === undefined ? new Map() : new BtfExtReader(file, btf, section).read();
}

class BtfExtReader {
  readonly #file: ObjectFile;
  readonly #btf: Btf;
  readonly #section: ElfSection;
  readonly #view: DataView;
  readonly #facts: Map<string, Map<number, Facts>> = new Map();
  readonly #texts: Map<number, string> = new Map();
  #left: number;

  constructor(file: ObjectFile, btf: Btf, section: ElfSection) {
    const data = file.elf.data(section);
    this.#file = file;
    this.#btf = btf;
    this.#section = section;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#left = btf.bytes.length * MAX_SHARING;
  }

  read(): Map<string, Map<number, Facts>> {
    const length = this.#view.byteLength;
    if (length < HEADER_SIZE) throw this.#error(0, `a header of ${HEADER_SIZE} bytes`);
    if (this.#view.getUint16(0, this.#btf.littleEndian) !== MAGIC)
      throw this.#error(0, 'the magic number 0xeb9f');
    if (this.#view.getUint8(2) !== 1) throw this.#error(2, 'version 1');
    const header = this.#u32(4);
    if (header < HEADER_SIZE || header > length)
      throw this.#error(4, `a header length of ${HEADER_SIZE} or more`);
    this.#part(header, 8, 8, (at) => ({ func: this.#u32(at + 4) }));
    this.#part(header, 16, 16, (at) => ({ source: this.#line(at) }));
    if (header >= 32) this.#part(header, 24, 16, (at) => ({ relocation: this.#relocation(at) }));
    return this.#facts;
  }

  /** One kind of records. @param field place of its offset and length in the header. @param size least size of a record. */
  #part(header: number, field: number, size: number, read: (at: number) => Facts): void {
    let at = header + this.#u32(field);
    const end = at + this.#u32(field + 4);
    if (end > this.#view.byteLength)
      throw this.#error(field, `records that end by byte ${this.#view.byteLength}`);
    if (at === end) return;
    const recordSize = at + 4 > end ? 0 : this.#u32(at);
    if (recordSize < size || recordSize % 4 !== 0) throw this.#error(at, `records of ${size} bytes or more`);
    at += 4;
    while (at < end) {
      const count = at + 8 > end ? 0 : this.#u32(at + 4);
      if (count === 0 || at + 8 + count * recordSize > end) throw this.#error(at, 'records of a section');
      const facts = this.#of(this.#text(this.#u32(at)));
      at += 8;
      for (let i = 0; i < count; i++, at += recordSize) this.#add(facts, at, read(at));
    }
  }

  #of(section: string): Map<number, Facts> {
    let facts = this.#facts.get(section);
    if (facts === undefined) {
      facts = new Map();
      this.#facts.set(section, facts);
    }
    return facts;
  }

  #add(facts: Map<number, Facts>, at: number, fact: Facts): void {
    const offset = this.#u32(at);
    const known = facts.get(offset);
    for (const key in fact) {
      if (known !== undefined && key in known)
        throw this.#error(at, `one ${key} of the instruction at ${offset}`);
    }
    if (known === undefined) facts.set(offset, fact);
    else Object.assign(known, fact);
  }

  #line(at: number): SourceLine {
    const position = this.#u32(at + 12);
    return {
      file: this.#text(this.#u32(at + 4)),
      line: position >>> 10,
      column: position & 0x3ff,
      text: this.#text(this.#u32(at + 8)),
    };
  }

  #relocation(at: number): CoreRelocation {
    const number = this.#u32(at + 12);
    const kind = CORE_KINDS[number];
    if (kind === undefined)
      throw this.#error(at + 12, `a kind of relocation below ${CORE_KINDS.length}, not ${number}`);
    const typeId = this.#u32(at + 4);
    if (typeId === 0 || typeId > this.#btf.typeCount) {
      throw this.#error(at + 4, `a type from 1 to ${this.#btf.typeCount}, not ${typeId}`);
    }
    return { kind, typeId, access: this.#text(this.#u32(at + 8)) };
  }

  #text(offset: number): string {
    let text = this.#texts.get(offset);
    if (text === undefined) {
      text = this.#btf.string(offset);
      this.#left -= text.length;
      if (this.#left < 0) throw this.#error(0, 'texts that are not tails of each other');
      this.#texts.set(offset, text);
    }
    return text;
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#btf.littleEndian);
  }

  #error(offset: number, expected: string): Error {
    return this.#file.errorIn(this.#section, offset, expected);
  }
}
