import { Btf } from '../../btf/index.ts';
import {
  ElfFile,
  type ElfRelocation,
  type ElfSection,
  type ElfSymbol,
  EM_BPF,
  SectionFlags,
  SectionType,
} from '../../elf/index.ts';
import { ArgumentError, NotSupportedError, ObjectFormatError } from '../../errors/index.ts';

/** An object file that is being read: its ELF tables, and the errors that say where in it something is wrong. */
export class ObjectFile {
  readonly elf: ElfFile;
  readonly symbols: readonly ElfSymbol[];
  /** The types as the compiler wrote them. */
  readonly btf: Btf | undefined;
  readonly #size: number;
  readonly #btfSection: ElfSection | undefined;
  /** By index of the section that they change. */
  readonly #relocations: Map<number, ElfSection> = new Map();

  /** @throws ObjectFormatError when it is no BPF object; NotSupportedError for what no version of libbpf 1 takes. */
  constructor(bytes: Uint8Array, name: string) {
    this.#size = bytes.length;
    this.elf = ElfFile.parse(bytes, { name });
    if (this.elf.machine !== EM_BPF) {
      throw this.error(
        18,
        `machine ${EM_BPF} (BPF), not ${this.elf.machine}: compile with \`clang -target bpf\``,
      );
    }
    const table = this.elf.sections.find(({ type }) => type === SectionType.SYMTAB);
    if (table === undefined) throw this.error(0, 'a table of symbols (the file must not be stripped)');
    this.symbols = this.elf.symbols(table);
    for (const section of this.elf.sections) this.#admit(section, table);
    this.#btfSection = this.elf.section('.BTF');
    if (this.#btfSection !== undefined) {
      const btfName = `BTF of ${name}`;
      this.btf = Btf.parse(this.elf.data(this.#btfSection), { name: btfName });
      if (this.btf.littleEndian !== this.elf.littleEndian) {
        throw this.error(this.#btfSection.offset, 'BTF in the byte order of the file');
      }
    }
  }

  get name(): string {
    return this.elf.name;
  }

  /** The sections that hold code, which are not empty. */
  get codeSections(): ElfSection[] {
    return this.elf.sections.filter(
      ({ type, flags, size }) =>
        type === SectionType.PROGBITS && (flags & SectionFlags.EXECINSTR) !== 0 && size > 0,
    );
  }

  /** What changes a section when the file is linked, by offset. */
  relocations(section: ElfSection): Map<number, ElfRelocation> {
    const table = this.#relocations.get(section.index);
    const found = new Map<number, ElfRelocation>();
    for (const relocation of table === undefined ? [] : this.elf.relocations(table)) {
      if (relocation.offset >= section.size)
        throw this.error(table!.offset, `relocations within the ${section.size} bytes of "${section.name}"`);
      if (found.has(relocation.offset))
        throw this.errorIn(section, relocation.offset, 'one relocation, not two');
      found.set(relocation.offset, relocation);
    }
    return found;
  }

  /** The symbol that a relocation names. */
  symbol({ symbol }: ElfRelocation, section: ElfSection): ElfSymbol {
    const found = this.symbols[symbol];
    if (found !== undefined) return found;
    throw this.error(section.offset, `relocations with symbols below ${this.symbols.length}, not ${symbol}`);
  }

  /**
   * Looks at types. What BTF calls a wrong argument (a type id or size that does not exist) is damage of the file here.
   *
   * @param id of the type that is looked at, for the error.
   */
  types<T>(id: number, look: () => T): T {
    try {
      return look();
    } catch (cause) {
      if (!(cause instanceof ArgumentError)) throw cause;
      throw this.errorInType(id, `sound types (${cause.message})`, cause);
    }
  }

  /** An error at an offset in the file, or at its end for what would lie behind that. */
  error(offset: number, expected: string, cause?: unknown): ObjectFormatError {
    return new ObjectFormatError({ what: this.name, offset: Math.min(offset, this.#size), expected, cause });
  }

  /** An error at an offset in a section. */
  errorIn(section: ElfSection, offset: number, expected: string): ObjectFormatError {
    return this.error(section.offset + offset, `in section "${section.name}" ${expected}`);
  }

  /** An error at the record of a type. */
  errorInType(id: number, expected: string, cause?: unknown): ObjectFormatError {
    const known = this.btf !== undefined && id > 0 && id <= this.btf.typeCount;
    const offset = (this.#btfSection?.offset ?? 0) + (known ? this.btf.position(id) : 0);
    return this.error(offset, `in BTF ${expected}`, cause);
  }

  #admit({ name, type, info, link, index, offset }: ElfSection, symbols: ElfSection): void {
    if (name === 'maps') {
      throw new NotSupportedError({
        feature: 'legacy map definitions',
        message: `${this.name}: maps are defined in the legacy section "maps", which libbpf gave up in 1.0`,
        remedy: 'Define them as structs in SEC(".maps"), with __uint() and __type() of bpf_helpers.h.',
      });
    }
    if (/^\??\.struct_ops(\.link)?$/.test(name)) {
      throw new NotSupportedError({
        feature: 'struct_ops',
        message: `${this.name}: section "${name}": struct_ops are not supported yet`,
        remedy: 'Leave them out of the object.',
      });
    }
    if (type === SectionType.SYMTAB && index !== symbols.index)
      throw this.error(offset, 'one table of symbols');
    if (type !== SectionType.REL && type !== SectionType.RELA) return;
    const target = this.elf.sections[info];
    if (target === undefined)
      throw this.error(offset, `relocations of a section below ${this.elf.sections.length}`);
    const isCode = (target.flags & SectionFlags.EXECINSTR) !== 0;
    if (!isCode && target.name !== '.maps') return;
    if (type === SectionType.RELA)
      throw this.error(offset, 'relocations without addends (SHT_REL), as BPF has them');
    if (link !== symbols.index) throw this.error(offset, 'relocations by the table of symbols');
    if (this.#relocations.has(info))
      throw this.error(offset, `one section of relocations for "${target.name}"`);
    this.#relocations.set(info, this.elf.sections[index]!);
  }
}
