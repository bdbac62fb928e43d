import { type Instruction, slotCount } from './instruction.ts';
import { LD_IMM64 } from './opcode.ts';

/** Slot at which each instruction begins. */
export function slotsOf(instructions: readonly Instruction[]): number[] {
  let slot = 0;
  return instructions.map((instruction) => {
    const start = slot;
    slot += slotCount(instruction);
    return start;
  });
}

/**
 * Fills in the distance of every call or address of a function that begins among `instructions` (has its name as
 * `symbol`). Others are left for whoever links them; all keep their reference, so that this can be done again after
 * code was inserted or appended.
 *
 * Source: `BPF_PSEUDO_CALL` and `BPF_PSEUDO_FUNC` in `linux/bpf.h`: slots from the next one.
 */
export function resolveFunctions(instructions: readonly Instruction[]): Instruction[] {
  const slots = slotsOf(instructions);
  const starts = new Map<string, number>();
  for (const [index, { symbol }] of instructions.entries()) {
    if (symbol !== undefined) starts.set(symbol, slots[index]!);
  }
  return instructions.map((instruction, index) => {
    if (instruction.reference?.kind !== 'function') return instruction;
    const start = starts.get(instruction.reference.name);
    if (start === undefined) return instruction;
    const imm = start - slots[index]! - 1;
    return instruction.opcode === LD_IMM64
      ? { ...instruction, imm, imm64: BigInt.asUintN(32, BigInt(imm)) }
      : { ...instruction, imm };
  });
}
