import {
  BPF_CALL,
  BPF_JMP,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  type Instruction,
  LD_IMM64,
} from '../../asm/index.ts';
import { type ElfRelocation, type ElfSection, SectionFlags } from '../../elf/index.ts';
import { NotSupportedError } from '../../errors/index.ts';
import type { Extern } from './externs.ts';
import type { ObjectFunction } from './functions.ts';
import { type GlobalData, KCONFIG } from './global-data.ts';
import type { MapDefinition } from './map-definitions.ts';
import type { ObjectFile } from './object-file.ts';

const CALL = BPF_JMP | BPF_CALL;
const SLOT_SIZE = 8;

/** Everything that an instruction of an object can refer to. */
export interface Targets {
  readonly functions: readonly ObjectFunction[];
  readonly maps: readonly MapDefinition[];
  readonly data: GlobalData;
  /** By index of symbol. */
  readonly externs: ReadonlyMap<number, Extern>;
}

/** Turns relocations into references by name (`bpf_program__record_reloc`). */
export class References {
  readonly #file: ObjectFile;
  readonly #targets: Targets;
  /** Index of section → offset → name. */
  readonly #functions: Map<number, Map<number, string>> = new Map();
  /** Offset in the section `.maps` → name. */
  readonly #maps: ReadonlyMap<number, string>;

  constructor(file: ObjectFile, targets: Targets) {
    this.#file = file;
    this.#targets = targets;
    this.#maps = new Map(targets.maps.map(({ offset, spec }) => [offset, spec.name]));
    for (const { section, offset, name } of targets.functions) {
      const names = this.#functions.get(section.index) ?? new Map<number, string>();
      this.#functions.set(section.index, names.set(offset, name));
    }
  }

  /**
   * Gives an instruction its reference, and the pseudo source that goes with it.
   *
   * @param at its offset in the section of the function.
   * @throws ObjectFormatError when it cannot have such a relocation, or there is nothing where it points.
   */
  resolve(
    instruction: Instruction,
    { section }: ObjectFunction,
    at: number,
    relocation: ElfRelocation | undefined,
  ): Instruction {
    const isCall = instruction.opcode === CALL;
    if (relocation === undefined) {
      const callsOwnSection = isCall && instruction.src === BPF_PSEUDO_CALL;
      if (!callsOwnSection) return instruction;
      const name = this.#functionAt(section, at + (instruction.imm + 1) * SLOT_SIZE, section, at);
      return { ...instruction, reference: { kind: 'function', name } };
    }
    if (!isCall && instruction.opcode !== LD_IMM64) {
      throw this.#file.errorIn(section, at, 'a relocation of a call or ld_imm64');
    }
    const extern = this.#targets.externs.get(relocation.symbol);
    if (extern !== undefined) return this.#toExtern(instruction, section, at, extern);
    const symbol = this.#file.symbol(relocation, section);
    const target = this.#file.elf.sections[symbol.section];
    if (target === undefined || symbol.section === 0) {
      throw this.#file.errorIn(
        section,
        at,
        `symbol "${symbol.name}" to be defined: an uninitialized global?`,
      );
    }
    if (isCall) {
      if (instruction.src !== BPF_PSEUDO_CALL)
        throw this.#file.errorIn(section, at, 'a call of a subprogram');
      const name = this.#functionAt(target, symbol.value + (instruction.imm + 1) * SLOT_SIZE, section, at);
      return { ...instruction, reference: { kind: 'function', name } };
    }
    if ((target.flags & SectionFlags.EXECINSTR) !== 0) {
      const name = this.#functionAt(target, symbol.value + instruction.imm, section, at);
      return { ...instruction, src: BPF_PSEUDO_FUNC, reference: { kind: 'function', name } };
    }
    if (target.name === '.maps') {
      const name = this.#maps.get(symbol.value);
      if (name === undefined)
        throw this.#file.errorIn(section, at, `a map at offset ${symbol.value} of section ".maps"`);
      return zeroed(instruction, BPF_PSEUDO_MAP_FD, { kind: 'map', name });
    }
    const name = this.#targets.data.bySection.get(symbol.section);
    if (name === undefined) throw this.#noData(target, section, at);
    const offset = (symbol.value + instruction.imm) >>> 0;
    return zeroed(instruction, BPF_PSEUDO_MAP_VALUE, { kind: 'mapValue', name, offset });
  }

  #toExtern(instruction: Instruction, section: ElfSection, at: number, extern: Extern): Instruction {
    const { kind, name, weak } = extern;
    if (kind === 'kconfig') {
      if (instruction.opcode === CALL)
        throw this.#file.errorIn(section, at, `option "${name}" not to be called`);
      return zeroed(instruction, BPF_PSEUDO_MAP_VALUE, {
        kind: 'mapValue',
        name: KCONFIG,
        offset: extern.offset,
      });
    }
    const facts = { name, ...(weak ? { weak } : {}), ...(extern.type === 0 ? {} : { type: extern.type }) };
    if (instruction.opcode === CALL) {
      if (kind === 'ksym') throw this.#file.errorIn(section, at, `variable "${name}" not to be called`);
      return { ...instruction, src: BPF_PSEUDO_KFUNC_CALL, imm: 0, reference: { kind, ...facts } };
    }
    return zeroed(instruction, extern.type === 0 ? 0 : BPF_PSEUDO_BTF_ID, { kind, ...facts });
  }

  /** The function that starts at an offset in a section, for the instruction at `at`. */
  #functionAt(target: ElfSection, offset: number, section: ElfSection, at: number): string {
    const name = this.#functions.get(target.index)?.get(offset);
    if (name !== undefined) return name;
    throw this.#file.errorIn(section, at, `a function at offset ${offset} of section "${target.name}"`);
  }

  #noData(target: ElfSection, section: ElfSection, at: number): Error {
    if (!target.name.startsWith('.addr_space') && target.name !== '.jumptables') {
      return this.#file.errorIn(section, at, `a reference to data, not to section "${target.name}"`);
    }
    return new NotSupportedError({
      feature: target.name === '.jumptables' ? 'jump tables' : 'arena variables',
      message: `${this.#file.name}: code refers to section "${target.name}", which is not supported yet`,
      remedy: 'Leave arena variables out, and compile with -fno-jump-tables.',
    });
  }
}

/** An `ld_imm64` whose constant is filled in when the object is loaded. */
function zeroed(
  instruction: Instruction,
  src: number,
  reference: Instruction['reference'] & object,
): Instruction {
  return { ...instruction, src, imm: 0, imm64: 0n, reference };
}
