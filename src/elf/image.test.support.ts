// What a file looks like to those who look things up in it, for tests: parts as given, without bytes of a whole file.
import type { ElfFile, ElfSymbol } from './elf-file.ts';
import type { ElfSection, ElfSegment } from './sections.ts';
import { SectionType } from './wire.ts';

/** Parts of a file; symbols by kind of their table. */
export interface Image {
  readonly sections?: readonly (Partial<ElfSection> & { readonly data?: Uint8Array })[];
  readonly symbols?: readonly (Partial<ElfSymbol> & { readonly name: string; readonly exported?: boolean })[];
}

/** One segment takes file bytes 0x1000 to 0x2000 to address 0x401000, another ones 0x2000 to 0x2100 to 0x602000. */
const SEGMENTS: readonly ElfSegment[] = [
  { type: 1, flags: 5, offset: 0x1000, address: 0x401000, fileSize: 0x1000, memorySize: 0x1000 },
  { type: 1, flags: 6, offset: 0x2000, address: 0x602000, fileSize: 0x100, memorySize: 0x900 },
];

/** A little-endian file of those parts. */
export function image({ sections = [], symbols = [] }: Image): ElfFile {
  const empty = {
    flags: 0,
    address: 0,
    offset: 0,
    size: 0,
    link: 0,
    info: 0,
    entrySize: 0,
    name: '',
    type: 0,
  };
  const tables = [
    { name: '.dynsym', type: SectionType.DYNSYM },
    { name: '.symtab', type: SectionType.SYMTAB },
  ];
  const all = [...sections, ...tables].map((section, index) => ({ ...empty, ...section, index }));
  const file = {
    name: 'image',
    littleEndian: true,
    segments: SEGMENTS,
    sections: all,
    section: (name: string) => all.find((section) => section.name === name),
    data: (section: { data?: Uint8Array }) => section.data ?? new Uint8Array(),
    texts: () => (offset: number) => ({ 1: 'V_1', 2: 'V_2' })[offset] ?? '',
    symbols: (table: { name: string }) =>
      symbols
        .filter(({ exported = false }) => exported === (table.name === '.dynsym'))
        .map((symbol) => ({ type: 2, binding: 1, visibility: 0, section: 1, value: 0, size: 0, ...symbol })),
  };
  return file as unknown as ElfFile;
}
