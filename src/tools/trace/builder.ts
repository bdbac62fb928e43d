import { ProgramBuilder, R1, R2, R3, R10, type Register } from '../../asm/index.ts';
import { type IntSize, width } from './int-size.ts';

/** Where on the stack a value read by `bpf_probe_read_kernel` arrives. */
const SLOT = -8;

/** A builder with the few idioms that code for fields and filters is made of. */
export class TraceBuilder extends ProgramBuilder {
  #labels = 0;

  /** A label that nobody else has. */
  fresh(): string {
    return `.L${this.#labels++}`;
  }

  /** Makes the low `size` bytes of `dst` a 64-bit value. In shifts: sign-extending moves came with kernel 6.6. */
  extend(dst: Register, size: IntSize, signed: boolean): this {
    if (size === 8) return this;
    if (signed) return this.lsh(dst, 64 - size * 8).arsh(dst, 64 - size * 8);
    return size === 4 ? this.mov32(dst, dst) : this.and(dst, 2 ** (size * 8) - 1);
  }

  /** `dst` = `size` bytes of kernel memory at `base + offset`, or 0 where there is none. Uses R0–R5. */
  probe(dst: Register, base: Register, offset: number, size: IntSize): this {
    this.mov(R3, base).add(R3, offset).mov(R1, R10).add(R1, SLOT).mov(R2, size).call('probe_read_kernel');
    return this.load(width(size), dst, R10, SLOT);
  }
}
