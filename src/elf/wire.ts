/**
 * The 64-bit ELF file on the wire (System V ABI, chapters 4 and 5; the kernel's `uapi/linux/elf.h`).
 *
 * ```
 * Elf64_Ehdr                  Elf64_Shdr            Elf64_Phdr         Elf64_Sym         Elf64_Rel, Elf64_Rela
 *  0 e_ident[16]               0 u32 sh_name         0 u32 p_type       0 u32 st_name     0 u64 r_offset
 * 16 u16 e_type, e_machine     4 u32 sh_type         4 u32 p_flags      4 u8  st_info     8 u64 r_info
 * 20 u32 e_version             8 u64 sh_flags        8 u64 p_offset     5 u8  st_other   16 s64 r_addend (Rela)
 * 24 u64 e_entry              16 u64 sh_addr        16 u64 p_vaddr      6 u16 st_shndx
 * 32 u64 e_phoff, e_shoff     24 u64 sh_offset      24 u64 p_paddr      8 u64 st_value
 * 48 u32 e_flags              32 u64 sh_size        32 u64 p_filesz    16 u64 st_size
 * 52 u16 e_ehsize             40 u32 sh_link, info  40 u64 p_memsz
 * 54 u16 e_phentsize, e_phnum 48 u64 sh_addralign   48 u64 p_align
 * 58 u16 e_shentsize, e_shnum 56 u64 sh_entsize
 * 62 u16 e_shstrndx
 * ```
 */
export const EHDR_SIZE = 64;
export const SHDR_SIZE = 64;
export const PHDR_SIZE = 56;
export const SYM_SIZE = 24;
export const REL_SIZE = 16;
export const RELA_SIZE = 24;

/** `\x7fELF`. */
export const ELF_MAGIC = 0x7f454c46;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const ELFDATA2MSB = 2;

/** Section header 0 holds what does not fit the file header. */
export const SHN_XINDEX = 0xffff;

/** `e_type`: not yet linked, an executable, a shared library or position-independent executable. */
export const ElfType = { REL: 1, EXEC: 2, DYN: 3 } as const;

/** `e_machine` of BPF code. */
export const EM_BPF = 247;

/** `sh_type`. */
export const SectionType = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  DYNSYM: 11,
} as const;

/** Bits of `sh_flags`. */
export const SectionFlags = { WRITE: 1, ALLOC: 2, EXECINSTR: 4 } as const;

/** `st_shndx` of a symbol that another file defines. */
export const SHN_UNDEF = 0;

/** `ELF64_ST_TYPE`. */
export const SymbolType = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;

/** `ELF64_ST_BIND`. */
export const SymbolBinding = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;

/** `ELF64_ST_VISIBILITY`. */
export const SymbolVisibility = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const;
