import { within } from './immediate.ts';
import type { Instruction } from './instruction.ts';
import type { SignedWidth } from './isa.ts';
import {
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_END,
  BPF_K,
  BPF_MOV,
  BPF_NEG,
  BPF_X,
} from './opcode.ts';
import { alu, divide, plain, type Source, shift } from './operations.ts';
import { R0, type Register } from './register.ts';

/** The part of {@link ProgramBuilder} that works on registers alone. */
export abstract class ArithmeticBuilder {
  /** Appends an instruction made elsewhere, as it is. */
  abstract emit(instruction: Instruction): this;

  // Moves

  /** `dst = src`; an immediate is sign-extended to 64 bits. */
  mov(dst: Register, src: Source): this {
    return this.emit(alu(64, '=', 'mov', dst, src));
  }

  /** The low 32 bits of `dst` = `src`; the high ones become 0. */
  mov32(dst: Register, src: Source): this {
    return this.emit(alu(32, '=', 'mov32', dst, src));
  }

  /** `dst` = the low 8, 16 or 32 bits of `src`, sign-extended to 64 (kernel 6.6). */
  movsx(width: SignedWidth, dst: Register, src: Register): this {
    return this.emit(plain(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, Number(width.slice(1))));
  }

  /** `dst` = the low 8 or 16 bits of `src`, sign-extended to 32; the high 32 become 0 (kernel 6.6). */
  movsx32(width: 's8' | 's16', dst: Register, src: Register): this {
    return this.emit(plain(BPF_ALU | BPF_MOV | BPF_X, dst, src, Number(width.slice(1))));
  }

  /** `dst` = pointer `src` of address space `from`, as one of space `to` (arenas; kernel 6.9). */
  addrSpaceCast(dst: Register, src: Register, to: number, from: number): this {
    within('addrSpaceCast', 'address space', to, 0, 0xffff);
    within('addrSpaceCast', 'address space', from, 0, 0xffff);
    return this.emit(plain(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, BPF_ADDR_SPACE_CAST, (to << 16) | from));
  }

  // Arithmetic

  /** `dst += src`. */
  add(dst: Register, src: Source): this {
    return this.emit(alu(64, '+=', 'add', dst, src));
  }

  /** `dst += src`, in 32 bits. */
  add32(dst: Register, src: Source): this {
    return this.emit(alu(32, '+=', 'add32', dst, src));
  }

  /** `dst -= src`. */
  sub(dst: Register, src: Source): this {
    return this.emit(alu(64, '-=', 'sub', dst, src));
  }

  /** `dst -= src`, in 32 bits. */
  sub32(dst: Register, src: Source): this {
    return this.emit(alu(32, '-=', 'sub32', dst, src));
  }

  /** `dst *= src`. */
  mul(dst: Register, src: Source): this {
    return this.emit(alu(64, '*=', 'mul', dst, src));
  }

  /** `dst *= src`, in 32 bits. */
  mul32(dst: Register, src: Source): this {
    return this.emit(alu(32, '*=', 'mul32', dst, src));
  }

  /** `dst /= src`, unsigned; by a register that is 0 it gives 0. */
  div(dst: Register, src: Source): this {
    return this.emit(divide(64, '/=', 'div', dst, src, 0));
  }

  /** `dst /= src`, unsigned, in 32 bits. */
  div32(dst: Register, src: Source): this {
    return this.emit(divide(32, '/=', 'div32', dst, src, 0));
  }

  /** `dst s/= src`, signed (kernel 6.6). */
  sdiv(dst: Register, src: Source): this {
    return this.emit(divide(64, '/=', 'sdiv', dst, src, 1));
  }

  /** `dst s/= src`, signed, in 32 bits (kernel 6.6). */
  sdiv32(dst: Register, src: Source): this {
    return this.emit(divide(32, '/=', 'sdiv32', dst, src, 1));
  }

  /** `dst %= src`, unsigned; by a register that is 0 it leaves `dst`. */
  mod(dst: Register, src: Source): this {
    return this.emit(divide(64, '%=', 'mod', dst, src, 0));
  }

  /** `dst %= src`, unsigned, in 32 bits. */
  mod32(dst: Register, src: Source): this {
    return this.emit(divide(32, '%=', 'mod32', dst, src, 0));
  }

  /** `dst s%= src`, signed (kernel 6.6). */
  smod(dst: Register, src: Source): this {
    return this.emit(divide(64, '%=', 'smod', dst, src, 1));
  }

  /** `dst s%= src`, signed, in 32 bits (kernel 6.6). */
  smod32(dst: Register, src: Source): this {
    return this.emit(divide(32, '%=', 'smod32', dst, src, 1));
  }

  /** `dst &= src`. */
  and(dst: Register, src: Source): this {
    return this.emit(alu(64, '&=', 'and', dst, src));
  }

  /** `dst &= src`, in 32 bits. */
  and32(dst: Register, src: Source): this {
    return this.emit(alu(32, '&=', 'and32', dst, src));
  }

  /** `dst |= src`. */
  or(dst: Register, src: Source): this {
    return this.emit(alu(64, '|=', 'or', dst, src));
  }

  /** `dst |= src`, in 32 bits. */
  or32(dst: Register, src: Source): this {
    return this.emit(alu(32, '|=', 'or32', dst, src));
  }

  /** `dst ^= src`. */
  xor(dst: Register, src: Source): this {
    return this.emit(alu(64, '^=', 'xor', dst, src));
  }

  /** `dst ^= src`, in 32 bits. */
  xor32(dst: Register, src: Source): this {
    return this.emit(alu(32, '^=', 'xor32', dst, src));
  }

  /** `dst <<= src`; an immediate is 0 to 63. */
  lsh(dst: Register, src: Source): this {
    return this.emit(shift(64, '<<=', 'lsh', dst, src));
  }

  /** `dst <<= src`, in 32 bits; an immediate is 0 to 31. */
  lsh32(dst: Register, src: Source): this {
    return this.emit(shift(32, '<<=', 'lsh32', dst, src));
  }

  /** `dst >>= src`, filling with 0. */
  rsh(dst: Register, src: Source): this {
    return this.emit(shift(64, '>>=', 'rsh', dst, src));
  }

  /** `dst >>= src`, filling with 0, in 32 bits. */
  rsh32(dst: Register, src: Source): this {
    return this.emit(shift(32, '>>=', 'rsh32', dst, src));
  }

  /** `dst s>>= src`, filling with the sign. */
  arsh(dst: Register, src: Source): this {
    return this.emit(shift(64, 's>>=', 'arsh', dst, src));
  }

  /** `dst s>>= src`, filling with the sign, in 32 bits. */
  arsh32(dst: Register, src: Source): this {
    return this.emit(shift(32, 's>>=', 'arsh32', dst, src));
  }

  /** `dst = -dst`. */
  neg(dst: Register): this {
    return this.emit(plain(BPF_ALU64 | BPF_NEG, dst));
  }

  /** `dst = -dst`, in 32 bits. */
  neg32(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_NEG, dst));
  }

  // Byte order

  /** The low 16 bits of `dst` from or to big endian; the others become 0. */
  be16(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_X, dst, R0, 0, 16));
  }

  /** The low 32 bits of `dst` from or to big endian; the others become 0. */
  be32(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_X, dst, R0, 0, 32));
  }

  /** `dst` from or to big endian. */
  be64(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_X, dst, R0, 0, 64));
  }

  /** The low 16 bits of `dst` from or to little endian; the others become 0. */
  le16(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_K, dst, R0, 0, 16));
  }

  /** The low 32 bits of `dst` from or to little endian; the others become 0. */
  le32(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_K, dst, R0, 0, 32));
  }

  /** `dst` from or to little endian. */
  le64(dst: Register): this {
    return this.emit(plain(BPF_ALU | BPF_END | BPF_K, dst, R0, 0, 64));
  }

  /** The low 16 bits of `dst` with their bytes reversed; the others become 0 (kernel 6.6). */
  bswap16(dst: Register): this {
    return this.emit(plain(BPF_ALU64 | BPF_END, dst, R0, 0, 16));
  }

  /** The low 32 bits of `dst` with their bytes reversed; the others become 0 (kernel 6.6). */
  bswap32(dst: Register): this {
    return this.emit(plain(BPF_ALU64 | BPF_END, dst, R0, 0, 32));
  }

  /** `dst` with its bytes reversed (kernel 6.6). */
  bswap64(dst: Register): this {
    return this.emit(plain(BPF_ALU64 | BPF_END, dst, R0, 0, 64));
  }
}
