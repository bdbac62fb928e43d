import { dirname, extname, resolve } from 'node:path';
import { Btf } from '../btf/index.ts';
import { ElfFile } from '../elf/index.ts';
import { ObjectFormatError } from '../errors/index.ts';
// Not by the door of the room, behind which the system calls are: what reads files needs none and should start at once.
import { vmlinuxBtf } from '../kernel/machine.ts';
import { readInput } from './input.ts';

/** Where the kernel shows the BTF of its modules, which is split off its own. */
const KERNEL_BTF = '/sys/kernel/btf';

/**
 * Reads the types in a file: raw BTF, as in `/sys/kernel/btf` and in archives, or section `.BTF` of an ELF file: a kernel
 * image, a module, an object for BPF. What is split off other types is read with section `.BTF.base`, else with the
 * running kernel's.
 *
 * @throws ArgumentError for a file that cannot be read; ObjectFormatError.
 */
export function readBtfFile(path: string): Btf {
  const bytes = readInput(path);
  const isElf = bytes.length >= 4 && bytes.readUInt32BE(0) === 0x7f454c46;
  if (!isElf) return Btf.parse(bytes, { name: path, ...(isOfModule(path) ? { base: vmlinuxBtf() } : {}) });
  const elf = ElfFile.parse(bytes, { name: path });
  const types = elf.section('.BTF');
  if (types === undefined) throw new ObjectFormatError({ what: path, offset: 0, expected: 'a section .BTF' });
  const ownBase = elf.section('.BTF.base');
  if (ownBase !== undefined) {
    const base = Btf.parse(elf.data(ownBase), { name: `${path} .BTF.base` });
    return Btf.parse(elf.data(types), { name: path, base });
  }
  return Btf.parse(elf.data(types), {
    name: path,
    ...(extname(path) === '.ko' ? { base: vmlinuxBtf() } : {}),
  });
}

function isOfModule(path: string): boolean {
  const file = resolve(path);
  return dirname(file) === KERNEL_BTF && file !== `${KERNEL_BTF}/vmlinux`;
}
