import { any32, divisor, shiftCount, signed32 } from './immediate.ts';
import type { Instruction } from './instruction.ts';
import { ALU_OPERATIONS, type AluSymbol } from './isa.ts';
import { BPF_ALU, BPF_ALU64, BPF_K, BPF_X } from './opcode.ts';
import { R0, type Register } from './register.ts';

/** A second operand: a register, or an immediate. */
export type Source = Register | number;

/** An instruction of one slot; what is not named is 0. */
export function plain(opcode: number, dst: Register, src: Register = R0, offset = 0, imm = 0): Instruction {
  return { opcode, dst: dst.register, src: src.register, offset, imm };
}

/** Arithmetic with two operands. `what` names the method in errors. */
export function alu(
  bits: 32 | 64,
  symbol: AluSymbol,
  what: string,
  dst: Register,
  src: Source,
  offset = 0,
): Instruction {
  const opcode = (bits === 64 ? BPF_ALU64 : BPF_ALU) | ALU_OPERATIONS[symbol];
  if (typeof src !== 'number') return plain(opcode | BPF_X, dst, src, offset);
  return plain(opcode | BPF_K, dst, R0, offset, bits === 64 ? signed32(what, src) : any32(what, src));
}

/** Division or remainder; signed with `offset` 1. */
export function divide(
  bits: 32 | 64,
  symbol: '/=' | '%=',
  what: string,
  dst: Register,
  src: Source,
  offset: 0 | 1,
): Instruction {
  return alu(bits, symbol, what, dst, typeof src === 'number' ? divisor(what, src) : src, offset);
}

export function shift(
  bits: 32 | 64,
  symbol: AluSymbol,
  what: string,
  dst: Register,
  src: Source,
): Instruction {
  return alu(bits, symbol, what, dst, typeof src === 'number' ? shiftCount(what, src, bits) : src);
}
