import { ObjectFormatError } from '../errors/index.ts';
import type { ByteOrderOptions } from './encode.ts';
import type { Instruction } from './instruction.ts';
import { LD_IMM64 } from './opcode.ts';
import { expectationOf } from './validate.ts';

/**
 * Reads instructions as object files and the kernel's dumps hold them: 8 bytes a slot, `ld_imm64` two.
 *
 * {@link encodeInstructions} gives the same bytes again, for every input that is accepted.
 *
 * @throws ObjectFormatError at the first slot that is not an instruction of the standard: an unknown opcode or
 * operation, a register that does not exist, a set field that the instruction does not use, half an `ld_imm64`.
 *
 * Source: RFC 9669 section 3.
 */
export function parseInstructions(bytes: Uint8Array, options: ByteOrderOptions = {}): Instruction[] {
  const littleEndian = options.littleEndian ?? true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const instructions: Instruction[] = [];
  let at = 0;
  const expect = (expected: string | undefined, offset: number) => {
    if (expected !== undefined) throw new ObjectFormatError({ what: 'BPF instructions', offset, expected });
  };
  while (at < bytes.length) {
    if (bytes.length - at < 8) expect('8 bytes of an instruction', at);
    const instruction = parseSlot(view, at, littleEndian);
    expect(expectationOf(instruction), at);
    at += 8;
    if (instruction.opcode !== LD_IMM64) {
      instructions.push(instruction);
      continue;
    }
    if (bytes.length - at < 8) expect('the second half of an ld_imm64', at);
    const { opcode, dst, src, offset, imm } = parseSlot(view, at, littleEndian);
    if (opcode !== 0 || dst !== 0 || src !== 0 || offset !== 0) {
      expect('the second half of an ld_imm64, of which only imm is used', at);
    }
    at += 8;
    const imm64 = (BigInt(imm >>> 0) << 32n) | BigInt(instruction.imm >>> 0);
    instructions.push({ ...instruction, imm64 });
  }
  return instructions;
}

function parseSlot(view: DataView, at: number, littleEndian: boolean): Instruction {
  const registers = view.getUint8(at + 1);
  const low = registers & 15;
  const high = registers >> 4;
  return {
    opcode: view.getUint8(at),
    dst: littleEndian ? low : high,
    src: littleEndian ? high : low,
    offset: view.getInt16(at + 2, littleEndian),
    imm: view.getInt32(at + 4, littleEndian),
  };
}
