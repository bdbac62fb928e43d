import { type Instruction, parseInstructions, slotCount } from '../../asm/index.ts';
import type { ElfRelocation, ElfSection } from '../../elf/index.ts';
import { ObjectFormatError } from '../../errors/index.ts';
import type { Facts } from './btf-ext.ts';
import type { ObjectFunction } from './functions.ts';
import type { ObjectFile } from './object-file.ts';
import type { References } from './references.ts';

const SLOT_SIZE = 8;

/**
 * Reads the code of functions and puts onto each instruction what it refers to and what `.BTF.ext` tells about it.
 *
 * @throws ObjectFormatError; NotSupportedError for a reference that this version cannot follow.
 */
export function readCode(
  file: ObjectFile,
  functions: readonly ObjectFunction[],
  references: References,
  facts: ReadonlyMap<string, ReadonlyMap<number, Facts>>,
): Map<string, readonly Instruction[]> {
  const code = new Map<string, readonly Instruction[]>();
  let section: ElfSection | undefined;
  let relocations: ReadonlyMap<number, ElfRelocation> = new Map();
  let known: ReadonlyMap<number, Facts> = new Map();
  for (const fn of functions) {
    if (fn.section !== section) {
      section = fn.section;
      relocations = file.relocations(section);
      known = facts.get(section.name) ?? new Map();
    }
    let at = fn.offset;
    const instructions = parse(file, fn).map((raw): Instruction => {
      const start = at;
      at += slotCount(raw) * SLOT_SIZE;
      const middle = start + SLOT_SIZE;
      if (middle < at && (relocations.has(middle) || known.has(middle))) {
        throw file.errorIn(fn.section, middle, 'no relocation or line in the middle of an instruction');
      }
      const instruction = references.resolve(raw, fn, start, relocations.get(start));
      const fact = known.get(start);
      if (start === fn.offset) return { ...instruction, symbol: fn.name, ...fact };
      return fact === undefined ? instruction : { ...instruction, ...fact };
    });
    code.set(fn.name, instructions);
  }
  return code;
}

function parse(file: ObjectFile, { name, section, offset, size }: ObjectFunction): Instruction[] {
  try {
    const bytes = file.elf.data(section).subarray(offset, offset + size);
    return parseInstructions(bytes, { littleEndian: file.elf.littleEndian });
  } catch (cause) {
    if (!(cause instanceof ObjectFormatError)) throw cause;
    throw file.error(
      section.offset + offset + cause.offset,
      `in function "${name}" sound code (${cause.message})`,
      cause,
    );
  }
}
