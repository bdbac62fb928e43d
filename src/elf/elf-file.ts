import { type Header, openElf } from './header.ts';
import type { Reader } from './reader.ts';
import { type ElfSection, type ElfSegment, hasBytes, readSections, readSegments } from './sections.ts';
import { StringTable } from './string-table.ts';
import { REL_SIZE, RELA_SIZE, SectionType, SYM_SIZE } from './wire.ts';

/** A symbol (`Elf64_Sym`). */
export interface ElfSymbol {
  readonly name: string;
  /** One of SymbolType. */
  readonly type: number;
  /** One of SymbolBinding. */
  readonly binding: number;
  /** One of SymbolVisibility. */
  readonly visibility: number;
  /** Index of its section; 0 where another file defines it, from 0xff00 on of special meaning. */
  readonly section: number;
  /** Offset in its section in a file to be linked, an address in an executable or library. */
  readonly value: number;
  /** In bytes; 0 where unknown. */
  readonly size: number;
}

/** A relocation (`Elf64_Rel`, `Elf64_Rela`). */
export interface ElfRelocation {
  /** Of what it changes: in its section in a file to be linked, else an address. */
  readonly offset: number;
  /** Index in the symbol table that the section of relocations links to. */
  readonly symbol: number;
  /** A number of the machine: `R_BPF_64_64` is 1. */
  readonly type: number;
  /** Absent from REL sections, where it stands in what is changed. */
  readonly addend?: bigint;
}

/**
 * A 64-bit ELF file of either byte order: object, executable or library.
 *
 * Opening it reads the headers and checks that all sections lie within the file, apart from each other. What is in a
 * section is looked at when it is asked for. The bytes are kept and must not change.
 *
 * @example
 * const elf = ElfFile.parse(readFileSync('exec.bpf.o'), { name: 'exec.bpf.o' });
 * const license = elf.data(elf.section('license')!);
 */
export class ElfFile {
  readonly name: string;
  readonly littleEndian: boolean;
  /** One of ElfType. */
  readonly type: number;
  /** Instruction set: `EM_BPF` or another's number. */
  readonly machine: number;
  /** Address at which an executable starts. */
  readonly entry: number;
  /** By index; section 0 is empty. */
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #file: Reader;
  readonly #byName: Map<string, ElfSection> = new Map();

  private constructor(file: Reader, header: Header) {
    this.name = file.name;
    this.littleEndian = file.littleEndian;
    this.type = header.type;
    this.machine = header.machine;
    this.entry = header.entry;
    this.sections = readSections(file, header);
    this.segments = readSegments(file, header);
    this.#file = file;
    for (const section of this.sections) {
      if (!this.#byName.has(section.name)) this.#byName.set(section.name, section);
    }
  }

  /**
   * Opens an ELF file.
   *
   * @param options.name what errors call it.
   * @throws ObjectFormatError when the bytes are no 64-bit ELF file, are cut off, or sections overlap.
   */
  static parse(bytes: Uint8Array, options: { name?: string } = {}): ElfFile {
    const { file, header } = openElf(bytes, options.name ?? 'ELF file');
    return new ElfFile(file, header);
  }

  /** The first section of that name. */
  section(name: string): ElfSection | undefined {
    return this.#byName.get(name);
  }

  /** The bytes of a section, in place; none of a NOBITS section. */
  data(section: ElfSection): Uint8Array {
    return hasBytes(section)
      ? this.#file.bytes.subarray(section.offset, section.offset + section.size)
      : new Uint8Array();
  }

  /** The texts in a section of strings, by offset. They throw ObjectFormatError when they end outside of it. */
  texts(strings: ElfSection): (offset: number) => string {
    const table = new StringTable(this.#file, strings.offset, strings.size);
    return (offset) => table.get(offset);
  }

  /**
   * The symbols of a SYMTAB or DYNSYM section, by index.
   *
   * @throws ObjectFormatError when the section is no such table or a name is damaged.
   */
  symbols(table: ElfSection): ElfSymbol[] {
    const strings = this.sections[table.link];
    if (strings === undefined || strings.type !== SectionType.STRTAB) {
      throw this.#file.error(table.offset, `section "${table.name}" to link to a table of strings`);
    }
    const text = this.texts(strings);
    return this.#entries(table, SYM_SIZE, (at) => {
      const info = this.#file.u8(at + 4);
      return {
        name: text(this.#file.u32(at)),
        type: info & 15,
        binding: info >> 4,
        visibility: this.#file.u8(at + 5) & 3,
        section: this.#file.u16(at + 6),
        value: this.#file.u64(at + 8),
        size: this.#file.u64(at + 16),
      };
    });
  }

  /**
   * The relocations of a REL or RELA section, in the order of the file.
   *
   * @throws ObjectFormatError when the section is no such table.
   */
  relocations(section: ElfSection): ElfRelocation[] {
    const withAddend = section.type === SectionType.RELA;
    return this.#entries(section, withAddend ? RELA_SIZE : REL_SIZE, (at) => {
      const [high, low] = [this.#file.u32(at + 8), this.#file.u32(at + 12)];
      const [symbol, type] = this.littleEndian ? [low, high] : [high, low];
      const offset = this.#file.u64(at);
      return withAddend
        ? { offset, symbol, type, addend: this.#file.s64(at + 16) }
        : { offset, symbol, type };
    });
  }

  #entries<T>(section: ElfSection, size: number, read: (at: number) => T): T[] {
    if (section.entrySize !== size || section.size % size !== 0 || !hasBytes(section)) {
      if (section.size === 0) return [];
      throw this.#file.error(section.offset, `section "${section.name}" to have entries of ${size} bytes`);
    }
    return Array.from({ length: section.size / size }, (_, i) => read(section.offset + i * size));
  }
}
