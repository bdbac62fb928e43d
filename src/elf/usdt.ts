import { ObjectFormatError } from '../errors/index.ts';
import type { ElfFile } from './elf-file.ts';
import { fileOffset } from './functions.ts';
import type { ElfSection } from './sections.ts';
import { SectionType } from './wire.ts';

/** One place at which a program passes a USDT probe (user statically-defined tracing). */
export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** Place of the probe's `nop` in the file. */
  readonly offset: number;
  /** Place in the file of the counter that switches the probe on while it is not 0; absent where it is always on. */
  readonly semaphore?: number;
  /** Where its arguments are, in the assembler's words: `-4@%edi 8@-16(%rbp)`. */
  readonly args: string;
}

const NT_STAPSDT = 3;
const ADDRESSES_SIZE = 24;
const decoder = new TextDecoder();

/**
 * The USDT probes of an executable or library.
 *
 * A note (section `.note.stapsdt`), as `sys/sdt.h` writes it (SystemTap wiki, "User Space Probe Implementation"):
 *
 * ```
 *  0 u32 size of "stapsdt\0", u32 size of the description, u32 type (3), "stapsdt\0"
 * 20 u64 address of the probe, u64 address of .stapsdt.base when it was linked, u64 address of the semaphore or 0
 * 44 provider "\0" name "\0" arguments "\0"      padded to 4
 * ```
 *
 * @throws ObjectFormatError when a note is damaged.
 */
export function* usdtProbes(elf: ElfFile): Generator<UsdtProbe> {
  const section = elf.section('.note.stapsdt');
  if (section?.type !== SectionType.NOTE) return;
  const data = elf.data(section);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length; ) {
    if (at + 12 > data.length) throw damaged(elf, section, at, 'a note of at least 12 bytes');
    const [nameSize, size, type] = [at, at + 4, at + 8].map((o) => view.getUint32(o, elf.littleEndian));
    const start = at + 12 + padded(nameSize!);
    const end = start + size!;
    if (end > data.length)
      throw damaged(elf, section, at, `a note that ends by byte ${data.length} of its section`);
    if (type === NT_STAPSDT && decoder.decode(data.subarray(at + 12, at + 19)) === 'stapsdt') {
      yield readProbe(elf, section, start, end);
    }
    at = start + padded(size!);
  }
}

/** Reads the description of a note, from byte `start` to `end` of the section. */
function readProbe(elf: ElfFile, section: ElfSection, start: number, end: number): UsdtProbe {
  const data = elf.data(section).subarray(start, end);
  if (data.length < ADDRESSES_SIZE) throw damaged(elf, section, start, 'three addresses');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [address, linkedBase, semaphoreAddress] = [0, 8, 16].map((at) =>
    Number(view.getBigUint64(at, elf.littleEndian)),
  ) as [number, number, number];
  const [provider, name, args] = decoder.decode(data.subarray(ADDRESSES_SIZE)).split('\0');
  if (provider === undefined || name === undefined || args === undefined) {
    throw damaged(elf, section, start + ADDRESSES_SIZE, 'three strings');
  }
  // A tool such as prelink may have moved the code since; the base tells by how much.
  const moved = (elf.section('.stapsdt.base')?.address ?? linkedBase) - linkedBase;
  const offset = fileOffset(elf, address + moved);
  if (offset === undefined) throw damaged(elf, section, start, 'the address of a probe in the file');
  if (semaphoreAddress === 0) return { provider, name, args, offset };
  const semaphore = fileOffset(elf, semaphoreAddress + moved);
  if (semaphore === undefined) {
    throw damaged(elf, section, start + 16, 'the address of a semaphore in the file');
  }
  return { provider, name, args, offset, semaphore };
}

function damaged(elf: ElfFile, section: ElfSection, at: number, expected: string): ObjectFormatError {
  return new ObjectFormatError({ what: elf.name, offset: section.offset + at, expected });
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}
