import { ArgumentError } from '../errors/index.ts';
import { ArithmeticBuilder } from './arithmetic.ts';
import { FunctionBody } from './body.ts';
import { type HelperName, helperId } from './helpers.ts';
import { any32, memoryOffset, signed32, storable, within } from './immediate.ts';
import type { Instruction, Reference } from './instruction.ts';
import { CONDITIONS, type Condition, SIGNED_SIZES, SIZES, type SignedWidth, type Width } from './isa.ts';
import { resolveFunctions } from './link.ts';
import {
  BPF_ABS,
  BPF_ADD,
  BPF_AND,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_EXIT,
  BPF_FETCH,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MEM,
  BPF_MEMSX,
  BPF_OR,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from './opcode.ts';
import { plain, type Source } from './operations.ts';
import { R0, type Register } from './register.ts';

/**
 * Writes a program instruction by instruction. Every method appends one instruction and returns the builder.
 *
 * The destination comes first, as in the printed form (`r1 = r2` is `mov(R1, R2)`). Labels hold inside their
 * function. Methods throw `ArgumentError` where an operand cannot be encoded as meant.
 *
 * @example
 * ```ts
 * import { ProgramBuilder, R0, R1, R2, R3, R4, R10 } from 'ringtail/asm';
 *
 * const instructions = new ProgramBuilder()
 *   .call('get_current_pid_tgid')
 *   .store('u64', R10, -8, R0)
 *   .loadMap(R1, 'events')
 *   .mov(R2, R10)
 *   .add(R2, -8)
 *   .mov(R3, 8)
 *   .mov(R4, 0)
 *   .call('ringbuf_output')
 *   .jumpIf(R0, '==', 0, 'sent')
 *   .mov(R0, 1)
 *   .exit()
 *   .label('sent')
 *   .mov(R0, 0)
 *   .exit()
 *   .build();
 * ```
 */
export class ProgramBuilder extends ArithmeticBuilder {
  readonly #functions: FunctionBody[] = [new FunctionBody(undefined)];

  /**
   * Everything appended so far, with labels and calls of functions in here resolved. A jump that is too far for
   * 16 bits becomes `gotol` (kernel 6.6).
   *
   * @throws ArgumentError for a label that is nowhere in the function that jumps to it, a function without
   * instructions, a conditional jump that is too far.
   */
  build(): Instruction[] {
    const [anonymous, ...named] = this.#functions as [FunctionBody, ...FunctionBody[]];
    const bodies = anonymous.isEmpty && named.length > 0 ? named : this.#functions;
    return resolveFunctions(bodies.flatMap((body) => body.resolve()));
  }

  /** Starts a function: what follows belongs to it, until the next one. Programs begin with their own code. */
  function(name: string): this {
    if (this.#functions.some((f) => f.symbol === name)) {
      throw new ArgumentError({
        message: `function "${name}" is defined twice`,
        remedy: 'Give each function its own name.',
      });
    }
    this.#functions.push(new FunctionBody(name));
    return this;
  }

  /** Names the place of the next instruction, within this function. */
  label(name: string): this {
    this.#body.label(name);
    return this;
  }

  emit(instruction: Instruction): this {
    this.#body.emit(instruction);
    return this;
  }

  // Constants and addresses

  /** `dst` = the 64-bit constant `value`, −2^63 to 2^64 − 1. */
  loadImm64(dst: Register, value: bigint): this {
    if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
      throw new ArgumentError({
        message: `loadImm64: ${value} does not fit 64 bits`,
        remedy: 'Use BigInt.asUintN(64, value) if the low 64 bits are meant.',
      });
    }
    return this.#ldImm64(dst, 0, BigInt.asUintN(64, value));
  }

  /** `dst` = the map `name`, as helpers take it. */
  loadMap(dst: Register, name: string): this {
    return this.#ldImm64(dst, BPF_PSEUDO_MAP_FD, 0n, { kind: 'map', name });
  }

  /** `dst` = address of the value of the one-element array map `name` (such as `.bss`), plus `offset` bytes. */
  loadMapValue(dst: Register, name: string, offset = 0): this {
    within('loadMapValue', 'offset', offset, 0, 0x7fffffff);
    const reference: Reference = { kind: 'mapValue', name, offset };
    return this.#ldImm64(dst, BPF_PSEUDO_MAP_VALUE, BigInt(offset) << 32n, reference);
  }

  /** `dst` = address of function `name`, to hand to a helper such as `for_each_map_elem`. */
  loadFunction(dst: Register, name: string): this {
    return this.#ldImm64(dst, BPF_PSEUDO_FUNC, 0n, { kind: 'function', name });
  }

  /** `dst` = address of the kernel variable `name`, typed by the kernel's BTF. */
  loadKsym(dst: Register, name: string): this {
    return this.#ldImm64(dst, BPF_PSEUDO_BTF_ID, 0n, { kind: 'ksym', name });
  }

  // Memory

  /** `dst = *(width *)(base + offset)`; `s` widths sign-extend (kernel 6.6), the others fill with 0. */
  load(width: Width | SignedWidth, dst: Register, base: Register, offset: number): this {
    const opcode = isSigned(width)
      ? BPF_LDX | BPF_MEMSX | SIGNED_SIZES[width]
      : BPF_LDX | BPF_MEM | SIZES[width];
    return this.emit(plain(opcode, dst, base, memoryOffset('load', offset)));
  }

  /** `*(width *)(base + offset) = src`. */
  store(width: Width, base: Register, offset: number, src: Source): this {
    memoryOffset('store', offset);
    return typeof src === 'number'
      ? this.emit(plain(BPF_ST | BPF_MEM | SIZES[width], base, R0, offset, storable(width, src)))
      : this.emit(plain(BPF_STX | BPF_MEM | SIZES[width], base, src, offset));
  }

  /** R0 = `width` bytes of the packet at `offset`, in host order; socket filters and tc only. Clobbers R1–R5. */
  loadAbs(width: 'u8' | 'u16' | 'u32', offset: number): this {
    return this.emit(plain(BPF_LD | BPF_ABS | SIZES[width], R0, R0, 0, signed32('loadAbs', offset)));
  }

  /** As {@link loadAbs}, at `src` + `offset`. */
  loadInd(width: 'u8' | 'u16' | 'u32', src: Register, offset: number): this {
    return this.emit(plain(BPF_LD | BPF_IND | SIZES[width], R0, src, 0, signed32('loadInd', offset)));
  }

  // Atomics. The memory must be aligned to its width.

  /** `*(base + offset) += src`, atomically. */
  atomicAdd(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_ADD, width, base, offset, src);
  }

  /** `*(base + offset) &= src`, atomically (kernel 5.12). */
  atomicAnd(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_AND, width, base, offset, src);
  }

  /** `*(base + offset) |= src`, atomically (kernel 5.12). */
  atomicOr(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_OR, width, base, offset, src);
  }

  /** `*(base + offset) ^= src`, atomically (kernel 5.12). */
  atomicXor(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_XOR, width, base, offset, src);
  }

  /** {@link atomicAdd}, and `src` = the value before (kernel 5.12). */
  atomicFetchAdd(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_ADD | BPF_FETCH, width, base, offset, src);
  }

  /** {@link atomicAnd}, and `src` = the value before. */
  atomicFetchAnd(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_AND | BPF_FETCH, width, base, offset, src);
  }

  /** {@link atomicOr}, and `src` = the value before. */
  atomicFetchOr(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_OR | BPF_FETCH, width, base, offset, src);
  }

  /** {@link atomicXor}, and `src` = the value before. */
  atomicFetchXor(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_XOR | BPF_FETCH, width, base, offset, src);
  }

  /** Swaps `src` and `*(base + offset)`, atomically (kernel 5.12). */
  atomicXchg(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_XCHG, width, base, offset, src);
  }

  /** If `*(base + offset) == R0` it becomes `src`; R0 = the value before; atomically (kernel 5.12). */
  atomicCmpxchg(width: 'u32' | 'u64', base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_CMPXCHG, width, base, offset, src);
  }

  /** `dst = *(base + offset)`, before every later access (kernel 6.15). */
  loadAcquire(width: Width, dst: Register, base: Register, offset: number): this {
    memoryOffset('loadAcquire', offset);
    return this.emit(plain(BPF_STX | BPF_ATOMIC | SIZES[width], dst, base, offset, BPF_LOAD_ACQ));
  }

  /** `*(base + offset) = src`, after every earlier access (kernel 6.15). */
  storeRelease(width: Width, base: Register, offset: number, src: Register): this {
    return this.#atomic(BPF_STORE_REL, width, base, offset, src);
  }

  // Control flow

  /** Goes to `label`, however far. */
  jump(label: string): this {
    return this.#jump(plain(BPF_JMP | BPF_JA, R0), label);
  }

  /** Goes to `label` if `dst condition src` holds. An immediate is sign-extended, also to compare unsigned. */
  jumpIf(dst: Register, condition: Condition, src: Source, label: string): this {
    const opcode = BPF_JMP | CONDITIONS[condition];
    return typeof src === 'number'
      ? this.#jump(plain(opcode | BPF_K, dst, R0, 0, signed32('jumpIf', src)), label)
      : this.#jump(plain(opcode | BPF_X, dst, src), label);
  }

  /** {@link jumpIf}, comparing the low 32 bits (kernel 5.1). */
  jumpIf32(dst: Register, condition: Condition, src: Source, label: string): this {
    const opcode = BPF_JMP32 | CONDITIONS[condition];
    return typeof src === 'number'
      ? this.#jump(plain(opcode | BPF_K, dst, R0, 0, any32('jumpIf32', src)), label)
      : this.#jump(plain(opcode | BPF_X, dst, src), label);
  }

  /** Goes to `label` once the kernel's loop budget is spent: bounds a loop for the verifier (kernel 6.9). */
  mayGoto(label: string): this {
    return this.#jump(plain(BPF_JMP | BPF_JCOND, R0), label);
  }

  /**
   * Calls a kernel helper: arguments in R1–R5, result in R0; R1–R5 are lost.
   *
   * @throws NotFoundError for a name that is no helper's; the remedy lists the nearest.
   */
  call(helper: HelperName | number): this {
    const id =
      typeof helper === 'number' ? within('call', 'helper id', helper, 1, 0x7fffffff) : helperId(helper);
    return this.emit(plain(BPF_JMP | BPF_CALL, R0, R0, 0, id));
  }

  /** Calls function `name`, defined by {@link function} or linked in later. */
  callFunction(name: string): this {
    return this.#call(BPF_PSEUDO_CALL, -1, { kind: 'function', name });
  }

  /** Calls the kernel function `name`, found in the kernel's BTF when the program is loaded. */
  callKfunc(name: string): this {
    return this.#call(BPF_PSEUDO_KFUNC_CALL, 0, { kind: 'kfunc', name });
  }

  /** Returns R0. */
  exit(): this {
    return this.emit(plain(BPF_JMP | BPF_EXIT, R0));
  }

  get #body(): FunctionBody {
    return this.#functions.at(-1)!;
  }

  #jump(instruction: Instruction, label: string): this {
    this.#body.emit(instruction, label);
    return this;
  }

  #atomic(operation: number, width: Width, base: Register, offset: number, src: Register): this {
    memoryOffset('atomic', offset);
    return this.emit(plain(BPF_STX | BPF_ATOMIC | SIZES[width], base, src, offset, operation));
  }

  #ldImm64(dst: Register, src: number, imm64: bigint, reference?: Reference): this {
    const imm = Number(BigInt.asIntN(32, imm64));
    const instruction = { opcode: LD_IMM64, dst: dst.register, src, offset: 0, imm, imm64 };
    return this.emit(reference === undefined ? instruction : { ...instruction, reference });
  }

  #call(src: number, imm: number, reference: Reference): this {
    return this.emit({ ...plain(BPF_JMP | BPF_CALL, R0, R0, 0, imm), src, reference });
  }
}

function isSigned(width: Width | SignedWidth): width is SignedWidth {
  return width.startsWith('s');
}
