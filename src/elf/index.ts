/** Room `elf`: reads 64-bit ELF files of either byte order. Pure. */
export { ElfFile, type ElfRelocation, type ElfSymbol } from './elf-file.ts';
export { type ElfFunction, elfFunctions, fileOffset, findFunction } from './functions.ts';
export type { ElfSection, ElfSegment } from './sections.ts';
export { type UsdtProbe, usdtProbes } from './usdt.ts';
export {
  ElfType,
  EM_BPF,
  SectionFlags,
  SectionType,
  SHN_UNDEF,
  SymbolBinding,
  SymbolType,
  SymbolVisibility,
} from './wire.ts';
