import { ArgumentError } from '../errors/index.ts';
import { type Instruction, slotCount } from './instruction.ts';
import { LD_IMM64 } from './opcode.ts';

/** Byte order of BPF code: that of the machine it runs on. */
export interface ByteOrderOptions {
  /** Default true. Big endian also swaps the two registers within their byte. */
  readonly littleEndian?: boolean;
}

/**
 * Writes instructions as the kernel and object files hold them: 8 bytes a slot.
 *
 * References are not looked at: what is written is what the numeric fields say.
 *
 * @throws ArgumentError if a field does not fit its width.
 *
 * Source: `struct bpf_insn`, RFC 9669 section 3.
 */
export function encodeInstructions(
  instructions: readonly Instruction[],
  options: ByteOrderOptions = {},
): Uint8Array {
  const littleEndian = options.littleEndian ?? true;
  const slots = instructions.reduce((sum, i) => sum + slotCount(i), 0);
  const bytes = new Uint8Array(slots * 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, instruction] of instructions.entries()) {
    checkFields(instruction, index);
    const { opcode, dst, src, offset } = instruction;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, littleEndian ? (src << 4) | dst : (dst << 4) | src);
    view.setInt16(at + 2, offset, littleEndian);
    if (opcode === LD_IMM64) {
      const imm64 = instruction.imm64!;
      view.setUint32(at + 4, Number(imm64 & 0xffffffffn), littleEndian);
      view.setUint32(at + 12, Number(imm64 >> 32n), littleEndian);
      at += 16;
    } else {
      view.setInt32(at + 4, instruction.imm, littleEndian);
      at += 8;
    }
  }
  return bytes;
}

const RANGES = [
  ['opcode', 0, 0xff],
  ['dst', 0, 15],
  ['src', 0, 15],
  ['offset', -0x8000, 0x7fff],
  ['imm', -0x80000000, 0x7fffffff],
] as const;

function checkFields(instruction: Instruction, index: number): void {
  for (const [field, min, max] of RANGES) {
    const value = instruction[field];
    if (!Number.isInteger(value) || value < min || value > max) {
      reject(index, `${field} ${value}`, `It is an integer from ${min} to ${max}.`);
    }
  }
  const { opcode, imm64 } = instruction;
  if (opcode !== LD_IMM64) {
    if (imm64 !== undefined) reject(index, `imm64 ${imm64}`, 'Only ld_imm64 (opcode 0x18) has one.');
  } else if (imm64 === undefined || BigInt.asUintN(64, imm64) !== imm64) {
    reject(index, `imm64 ${imm64}`, 'ld_imm64 needs one from 0 to 2^64 - 1: use BigInt.asUintN(64, value).');
  }
}

function reject(index: number, what: string, remedy: string): never {
  throw new ArgumentError({ message: `instruction ${index} cannot be encoded with ${what}`, remedy });
}
