import { type ElfSection, type ElfSymbol, SymbolBinding, SymbolType } from '../../elf/index.ts';
import type { ObjectFile } from './object-file.ts';

const SLOT_SIZE = 8;

/** A function of an object: a program, or a subprogram that programs call. */
export interface ObjectFunction {
  /** Its symbol's name; a later function of the same name (`static` ones of files linked together) gets a number. */
  readonly name: string;
  readonly section: ElfSection;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
  /** Whether it is attached somewhere, and not called only. */
  readonly isProgram: boolean;
}

/**
 * Finds the functions of an object, ordered by section and offset (`bpf_object__add_programs`). Global ones outside
 * `.text` are programs.
 *
 * @throws ObjectFormatError when one does not lie within its section, or overlaps another.
 */
export function findFunctions(file: ObjectFile): ObjectFunction[] {
  const bySection = new Map<number, ElfSymbol[]>();
  for (const symbol of file.symbols) {
    if (symbol.type !== SymbolType.FUNC) continue;
    const others = bySection.get(symbol.section);
    if (others === undefined) bySection.set(symbol.section, [symbol]);
    else others.push(symbol);
  }
  const taken = new Map<string, number>();
  return file.codeSections.flatMap((section) => {
    let end = 0;
    const symbols = (bySection.get(section.index) ?? []).sort((a, b) => a.value - b.value);
    return symbols.map((symbol): ObjectFunction => {
      const { value: offset, size, binding } = symbol;
      if (symbol.name === '') throw file.errorIn(section, offset, 'functions with names');
      if (size === 0 || size % SLOT_SIZE !== 0 || offset % SLOT_SIZE !== 0 || offset + size > section.size) {
        throw file.errorIn(
          section,
          0,
          `function "${symbol.name}" of whole instructions, not ${offset} + ${size}`,
        );
      }
      if (offset < end)
        throw file.errorIn(section, offset, `function "${symbol.name}" not to overlap another`);
      end = offset + size;
      const isProgram = section.name !== '.text' && binding !== SymbolBinding.LOCAL;
      return { name: unique(symbol.name, taken), section, offset, size, isProgram };
    });
  });
}

function unique(name: string, taken: Map<string, number>): string {
  const count = (taken.get(name) ?? 0) + 1;
  taken.set(name, count);
  return count === 1 ? name : unique(`${name}.${count}`, taken);
}
