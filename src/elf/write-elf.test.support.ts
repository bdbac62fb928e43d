// A small writer of ELF files for tests: sections one after another, then the table of symbols, then the headers.
import { EHDR_SIZE, EM_BPF, REL_SIZE, SectionType, SHDR_SIZE, SYM_SIZE } from './wire.ts';

export interface NewSection {
  readonly name: string;
  readonly type?: number;
  readonly flags?: number;
  readonly data?: Uint8Array;
  /** Instead of the length of `data`. */
  readonly size?: number;
  readonly info?: number;
  readonly link?: number;
  readonly entrySize?: number;
}

export interface NewSymbol {
  readonly name: string;
  /** Name of its section; absent where another file defines it. */
  readonly section?: string;
  readonly value?: number;
  readonly size?: number;
  readonly type?: number;
  readonly binding?: number;
  readonly visibility?: number;
}

export interface NewElf {
  readonly littleEndian?: boolean;
  readonly machine?: number;
  readonly sections?: readonly NewSection[];
  /** Indices begin at 1: symbol 0 is empty. */
  readonly symbols?: readonly NewSymbol[];
}

/** Index of `.symtab` in a file of {@link writeElf} with `count` sections of its own. */
export function symtabIndex(count: number): number {
  return count + 2;
}

/** Writes a file whose sections are: 0, those given, `.strtab`, `.symtab`. */
export function writeElf({
  littleEndian = true,
  machine = EM_BPF,
  sections = [],
  symbols = [],
}: NewElf): Uint8Array {
  const strings = new Strings();
  const names = new Map(sections.map(({ name }, index) => [name, index + 1]));
  const table = new Bytes(littleEndian, (symbols.length + 1) * SYM_SIZE);
  for (const [index, symbol] of symbols.entries()) {
    const at = (index + 1) * SYM_SIZE;
    const { type = 0, binding = 1, visibility = 0, value = 0, size = 0, section } = symbol;
    table.u32(at, strings.add(symbol.name)).u8(at + 4, (binding << 4) | type);
    table.u8(at + 5, visibility).u16(at + 6, section === undefined ? 0 : names.get(section)!);
    table.u64(at + 8, value).u64(at + 16, size);
  }
  const own = sections.map((section) => ({ ...section, nameAt: strings.add(section.name) }));
  const tail = [strings.add('.strtab'), strings.add('.symtab')] as const;
  const all = [
    ...own,
    { name: '.strtab', nameAt: tail[0], type: SectionType.STRTAB, data: strings.bytes() },
    {
      name: '.symtab',
      nameAt: tail[1],
      type: SectionType.SYMTAB,
      data: table.bytes,
      link: sections.length + 1,
      entrySize: SYM_SIZE,
    },
  ] as (NewSection & { nameAt: number })[];
  let end = EHDR_SIZE;
  const places = all.map(({ data }) => {
    const at = end;
    end = (at + (data?.length ?? 0) + 7) & ~7;
    return at;
  });
  const file = new Bytes(littleEndian, end + (all.length + 1) * SHDR_SIZE);
  file.bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  file.u16(16, 1).u16(18, machine).u32(20, 1).u64(40, end).u16(52, EHDR_SIZE);
  file
    .u16(58, SHDR_SIZE)
    .u16(60, all.length + 1)
    .u16(62, sections.length + 1);
  for (const [index, section] of all.entries()) {
    const at = end + (index + 1) * SHDR_SIZE;
    const { data, type = SectionType.PROGBITS, flags = 0, link = 0, info = 0, entrySize = 0 } = section;
    if (data !== undefined) file.bytes.set(data, places[index]!);
    file
      .u32(at, section.nameAt)
      .u32(at + 4, type)
      .u64(at + 8, flags)
      .u64(at + 24, places[index]!);
    file
      .u64(at + 32, section.size ?? data?.length ?? 0)
      .u32(at + 40, link)
      .u32(at + 44, info);
    file.u64(at + 56, entrySize);
  }
  return file.bytes;
}

/** Relocations of type 1 (`R_BPF_64_64`), as the data of a REL section. */
export function rel(
  littleEndian: boolean,
  entries: readonly (readonly [offset: number, symbol: number])[],
): Uint8Array {
  const bytes = new Bytes(littleEndian, entries.length * REL_SIZE);
  for (const [index, [offset, symbol]] of entries.entries()) {
    bytes.u64(index * REL_SIZE, offset).u64(index * REL_SIZE + 8, symbol * 2 ** 32 + 1);
  }
  return bytes.bytes;
}

/** Bytes that numbers are put into. */
export class Bytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean, size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    this.#littleEndian = littleEndian;
  }

  u8(at: number, value: number): this {
    this.#view.setUint8(at, value);
    return this;
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at, value, this.#littleEndian);
    return this;
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, this.#littleEndian);
    return this;
  }

  u64(at: number, value: number): this {
    this.#view.setBigUint64(at, BigInt(value), this.#littleEndian);
    return this;
  }
}

class Strings {
  #text = '\0';

  add(text: string): number {
    const at = this.#text.length;
    this.#text += `${text}\0`;
    return at;
  }

  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#text);
  }
}
