import {
  BPF_ALU,
  BPF_ALU64,
  BPF_B,
  BPF_CALL,
  BPF_CLASS_MASK,
  BPF_DW,
  BPF_H,
  BPF_JMP,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_SIZE_MASK,
  BPF_SRC_MASK,
  BPF_ST,
  BPF_STX,
  BPF_W,
  type Instruction,
  type Poison,
  slotCount,
} from '../../asm/index.ts';
import type { Memory, Value } from './value.ts';

/** A helper that no kernel has: reads "bad relo". The verifier's log shows it as `unknown#195896080`. */
export const POISON_HELPER = 0xbad2310;

/** What came of putting an answer into an instruction. */
export type Patched =
  | { readonly instruction: Instruction }
  /** The object is damaged: what its instruction should have been. */
  | { readonly expected: string }
  /** This instruction cannot do with this kernel's field: why. */
  | { readonly impossible: string };

/** Bytes of a memory access by the size bits of its opcode, and the other way round. */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [BPF_B, 1],
  [BPF_H, 2],
  [BPF_W, 4],
  [BPF_DW, 8],
]);

/**
 * Puts the answer for the kernel into an instruction that holds the answer for the object (`bpf_core_patch_insn`):
 * arithmetic with an immediate, a load, a store, or `ld_imm64`.
 */
export function patch(instruction: Instruction, local: Value, target: Value): Patched {
  const { opcode, imm, imm64 } = instruction;
  const { value } = target;
  switch (opcode & BPF_CLASS_MASK) {
    case BPF_ALU:
    case BPF_ALU64:
      if ((opcode & BPF_SRC_MASK) !== BPF_K) return { expected: 'an immediate as operand, not a register' };
      return holds(local, BigInt(imm)) ?? { instruction: { ...instruction, imm: low32(value) } };
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      return holds(local, BigInt(instruction.offset)) ?? patchMemory(instruction, local.memory, target);
    case BPF_LD:
      if (imm64 === undefined || instruction.src !== 0) return { expected: 'an ld_imm64 of a plain number' };
      return holds(local, imm64) ?? { instruction: { ...instruction, imm: low32(value), imm64: value } };
    default:
      return { expected: `arithmetic, a load, a store or ld_imm64, not opcode 0x${opcode.toString(16)}` };
  }
}

/** Replaces an instruction, slot by slot, with a call that the verifier refuses if it can be reached. */
export function poisoned(instruction: Instruction, poison: Poison): Instruction[] {
  const { imm64: _, reference: __, ...facts } = instruction;
  const call = { opcode: BPF_JMP | BPF_CALL, dst: 0, src: 0, offset: 0, imm: POISON_HELPER };
  const first: Instruction = { ...facts, ...call, poison };
  if (slotCount(instruction) === 1) return [first];
  const { symbol: ___, ...second } = first;
  return [first, second];
}

function patchMemory(instruction: Instruction, from: Memory | undefined, target: Value): Patched {
  const offset = Number(target.value);
  if (offset > 0x7fff) return { impossible: `byte offset ${offset} does not fit a load or store` };
  const to = target.memory;
  if (from === undefined || to === undefined || from.size === to.size) {
    return { instruction: { ...instruction, offset } };
  }
  if (from.resizable === undefined || from.resizable !== to.resizable) {
    return {
      impossible: `the field has ${to.size} bytes, not ${from.size}, and only pointers and unsigned ints can be resized`,
    };
  }
  const { opcode } = instruction;
  const width = WIDTHS.get(opcode & BPF_SIZE_MASK);
  if (width !== from.size) return { expected: `an access to ${from.size} bytes, not ${width}` };
  const sizeBits = [...WIDTHS].find(([, bytes]) => bytes === to.size)?.[0];
  if (sizeBits === undefined) return { impossible: `no load or store has ${to.size} bytes` };
  return { instruction: { ...instruction, offset, opcode: (opcode & ~BPF_SIZE_MASK) | sizeBits } };
}

/** The immediate or offset was chosen by the compiler from the object's own types; any other is a mistake somewhere. */
function holds({ value, certain }: Value, found: bigint): { expected: string } | undefined {
  if (!certain || BigInt.asUintN(64, found) === value) return undefined;
  return { expected: `${BigInt.asIntN(64, value)} in the instruction, not ${found}` };
}

function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}
