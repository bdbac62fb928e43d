import type { Header } from './header.ts';
import type { Reader } from './reader.ts';
import { StringTable } from './string-table.ts';
import { PHDR_SIZE, SectionType, SHDR_SIZE } from './wire.ts';

/** A section (`Elf64_Shdr`). */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** One of SectionType, or another number. */
  readonly type: number;
  /** SectionFlags. */
  readonly flags: number;
  readonly address: number;
  /** Of its bytes in the file, which NOBITS sections have none of. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** Index of a related section: the strings of symbols, the symbols of relocations. */
  readonly link: number;
  /** Relocations: index of the section they change. */
  readonly info: number;
  /** Bytes of one entry, in tables. */
  readonly entrySize: number;
}

/** A segment (`Elf64_Phdr`): what a loader maps into memory. */
export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** @throws ObjectFormatError when a section does not lie within the file or overlaps another. */
export function readSections(file: Reader, { sections: { offset, count }, names }: Header): ElfSection[] {
  if (count === 0) return [];
  if (names >= count)
    throw file.error(62, `a section below ${count} for the names of sections, not ${names}`);
  const namesAt = offset + names * SHDR_SIZE;
  const [start, size] = [file.u64(namesAt + 24), file.u64(namesAt + 32)];
  file.range('a section of names', namesAt + 24, start, size);
  const strings = new StringTable(file, start, size);
  const sections = Array.from({ length: count }, (_, index): ElfSection => {
    const at = offset + index * SHDR_SIZE;
    return {
      index,
      name: index === 0 ? '' : strings.get(file.u32(at)),
      type: file.u32(at + 4),
      flags: file.u64(at + 8),
      address: file.u64(at + 16),
      offset: file.u64(at + 24),
      size: file.u64(at + 32),
      link: file.u32(at + 40),
      info: file.u32(at + 44),
      entrySize: file.u64(at + 56),
    };
  });
  checkPlaces(file, offset, sections.slice(1).filter(hasBytes));
  return sections;
}

/** Whether a section has bytes in the file. */
export function hasBytes({ type, size }: ElfSection): boolean {
  return type !== SectionType.NULL && type !== SectionType.NOBITS && size > 0;
}

/** "No byte in a file resides in more than one section" (System V ABI, chapter 4). */
function checkPlaces(file: Reader, table: number, sections: readonly ElfSection[]): void {
  let last: ElfSection | undefined;
  for (const section of sections.toSorted((a, b) => a.offset - b.offset)) {
    const at = table + section.index * SHDR_SIZE + 24;
    file.range(`section "${section.name}"`, at, section.offset, section.size);
    if (last !== undefined && last.offset + last.size > section.offset) {
      throw file.error(at, `section "${section.name}" not to overlap section "${last.name}"`);
    }
    last = section;
  }
}

export function readSegments(file: Reader, { segments: { offset, count } }: Header): ElfSegment[] {
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * PHDR_SIZE;
    return {
      type: file.u32(at),
      flags: file.u32(at + 4),
      offset: file.u64(at + 8),
      address: file.u64(at + 16),
      fileSize: file.u64(at + 32),
      memorySize: file.u64(at + 40),
    };
  });
}
