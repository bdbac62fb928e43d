import type { ElfFile, ElfSymbol } from './elf-file.ts';
import type { ElfSection } from './sections.ts';
import { SectionType, SHN_UNDEF, SymbolBinding, SymbolType } from './wire.ts';

/** A function of an executable or library. */
export interface ElfFunction {
  readonly name: string;
  /** Version of a symbol that a library exports: `GLIBC_2.34`. */
  readonly version?: string;
  /** Place of its first instruction in the file: what a uprobe is set on. */
  readonly offset: number;
}

/** Bit of an entry of `.gnu.version`: an old version, kept for programs that were linked with it. */
const VERSYM_HIDDEN = 0x8000;

/**
 * The functions that a file defines, exported ones first; those without bytes in the file are left out.
 *
 * @throws ObjectFormatError when a table of symbols is damaged.
 */
export function* elfFunctions(elf: ElfFile): Generator<ElfFunction & { hidden: boolean; weak: boolean }> {
  for (const type of [SectionType.DYNSYM, SectionType.SYMTAB]) {
    const table = elf.sections.find((section) => section.type === type);
    if (table === undefined) continue;
    const versions = type === SectionType.DYNSYM ? symbolVersions(elf) : () => ({ hidden: false });
    for (const [index, symbol] of elf.symbols(table).entries()) {
      const offset = isFunction(symbol) ? fileOffset(elf, symbol.value) : undefined;
      if (offset === undefined) continue;
      yield {
        name: symbol.name,
        offset,
        weak: symbol.binding === SymbolBinding.WEAK,
        ...versions(index),
      };
    }
  }
}

function isFunction({ type, section, value }: ElfSymbol): boolean {
  return type === SymbolType.FUNC && section !== SHN_UNDEF && value !== 0;
}

/**
 * Finds functions by name, `malloc` or with a version `pthread_create@GLIBC_2.34` [libbpf's `elf_find_func_offset`].
 *
 * @returns each place once. More than one: several static functions have that name. An exported name means its default
 *   version, and a strong symbol goes before weak ones.
 * @throws ObjectFormatError when a table of symbols is damaged.
 */
export function findFunction(elf: ElfFile, wanted: string): ElfFunction[] {
  const [name, version] = wanted.split(/@+/, 2) as [string, string?];
  let found = [...elfFunctions(elf)].filter((f) => f.name === name);
  if (version !== undefined) found = found.filter((f) => f.version === version);
  else found = preferred(found, ({ hidden }) => !hidden);
  found = preferred(found, ({ weak }) => !weak);
  return [...new Map(found.map((f) => [f.offset, f])).values()];
}

function preferred<T>(items: T[], test: (item: T) => boolean): T[] {
  const better = items.filter(test);
  return better.length > 0 ? better : items;
}

const PT_LOAD = 1;

/** Where in the file the byte at an address is; undefined where no segment takes it from the file. */
export function fileOffset(elf: ElfFile, address: number): number | undefined {
  const segment = elf.segments.find(
    (s) => s.type === PT_LOAD && address >= s.address && address < s.address + s.fileSize,
  );
  return segment === undefined ? undefined : address - segment.address + segment.offset;
}

/**
 * Versions of the exported symbols (`.gnu.version`, `.gnu.version_d`; Linux Standard Base, chapter 10.7):
 *
 * ```
 * Elf64_Verdef                       Elf64_Verdaux
 *  0 u16 vd_version, flags            0 u32 vda_name
 *  4 u16 vd_ndx, vd_cnt               4 u32 vda_next
 *  8 u32 vd_hash
 * 12 u32 vd_aux, vd_next
 * ```
 */
function symbolVersions(elf: ElfFile): (symbol: number) => { hidden: boolean; version?: string } {
  const section = elf.section('.gnu.version');
  const definitions = elf.section('.gnu.version_d');
  if (section === undefined) return () => ({ hidden: false });
  const view = viewOf(elf, section);
  const names = definitions === undefined ? new Map<number, string>() : versionNames(elf, definitions);
  return (symbol) => {
    if (symbol * 2 + 2 > view.byteLength) return { hidden: false };
    const entry = view.getUint16(symbol * 2, elf.littleEndian);
    const version = names.get(entry & ~VERSYM_HIDDEN);
    return { hidden: (entry & VERSYM_HIDDEN) !== 0, ...(version === undefined ? {} : { version }) };
  };
}

const VERDEF_SIZE = 20;

function versionNames(elf: ElfFile, section: ElfSection): Map<number, string> {
  const view = viewOf(elf, section);
  const names = new Map<number, string>();
  const strings = elf.sections[section.link];
  if (strings === undefined) return names;
  const text = elf.texts(strings);
  const u32 = (at: number): number => view.getUint32(at, elf.littleEndian);
  for (let at = 0; at + VERDEF_SIZE <= view.byteLength; at += u32(at + 16)) {
    const first = at + u32(at + 12);
    if (first + 8 <= view.byteLength) names.set(view.getUint16(at + 4, elf.littleEndian), text(u32(first)));
    // The last one says 0; a chain that steps into itself is damaged.
    if (u32(at + 16) < VERDEF_SIZE) break;
  }
  return names;
}

function viewOf(elf: ElfFile, section: ElfSection): DataView {
  const { buffer, byteOffset, byteLength } = elf.data(section);
  return new DataView(buffer, byteOffset, byteLength);
}
