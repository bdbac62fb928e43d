import { ObjectFormatError } from '../errors/index.ts';
import { Reader } from './reader.ts';
import {
  EHDR_SIZE,
  ELF_MAGIC,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  PHDR_SIZE,
  SHDR_SIZE,
  SHN_XINDEX,
} from './wire.ts';

/** The file header (`Elf64_Ehdr`), its tables known to lie within the file. */
export interface Header {
  /** One of ElfType. */
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly segments: Table;
  readonly sections: Table;
  /** Index of the section that holds the names of sections. */
  readonly names: number;
}

interface Table {
  readonly offset: number;
  readonly count: number;
}

/** @throws ObjectFormatError when the bytes are no 64-bit ELF file. */
export function openElf(bytes: Uint8Array, name: string): { file: Reader; header: Header } {
  const fail = (offset: number, expected: string): ObjectFormatError =>
    new ObjectFormatError({ what: name, offset, expected });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) !== ELF_MAGIC) throw fail(0, 'the ELF magic number 7f 45 4c 46');
  if (bytes.length < EHDR_SIZE) throw fail(bytes.length, `an ELF header of ${EHDR_SIZE} bytes`);
  if (bytes[4] !== ELFCLASS64) throw fail(4, `class ${ELFCLASS64} (64-bit), not ${bytes[4]}`);
  if (bytes[5] !== ELFDATA2LSB && bytes[5] !== ELFDATA2MSB)
    throw fail(5, `a byte order of 1 or 2, not ${bytes[5]}`);
  const file = new Reader(bytes, name, bytes[5] === ELFDATA2LSB);
  return { file, header: readHeader(file) };
}

function readHeader(file: Reader): Header {
  const sections = readTable(file, 40, 58, 60, SHDR_SIZE, 'a section header table');
  let names = file.u16(62);
  if (sections.offset !== 0) {
    // Extended numbering: what needs more than 16 bits stands in section header 0.
    file.range('section header 0', 40, sections.offset, SHDR_SIZE);
    if (sections.count === 0) sections.count = file.u64(sections.offset + 32);
    if (names === SHN_XINDEX) names = file.u32(sections.offset + 40);
  }
  file.range('a section header table', 40, sections.offset, sections.count * SHDR_SIZE);
  const segments = readTable(file, 32, 54, 56, PHDR_SIZE, 'a program header table');
  file.range('a program header table', 32, segments.offset, segments.count * PHDR_SIZE);
  return {
    type: file.u16(16),
    machine: file.u16(18),
    entry: file.u64(24),
    sections,
    segments,
    names,
  };
}

function readTable(
  file: Reader,
  offsetAt: number,
  sizeAt: number,
  countAt: number,
  size: number,
  what: string,
): { offset: number; count: number } {
  const offset = file.u64(offsetAt);
  if (offset === 0) return { offset, count: 0 };
  if (file.u16(sizeAt) !== size) throw file.error(sizeAt, `${what} with entries of ${size} bytes`);
  return { offset, count: file.u16(countAt) };
}
