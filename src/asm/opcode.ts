/**
 * The opcode byte, in the kernel's words (`linux/bpf.h`, `linux/bpf_common.h`; RFC 9669 section 3).
 *
 * ```
 *            7    6    5    4    3    2    1    0
 * ALU, JMP   [    operation    ] [src][  class   ]
 * LD, ST     [    mode    ] [ size  ] [  class   ]
 * ```
 */

/** Mask of the instruction class in an opcode. */
export const BPF_CLASS_MASK = 0x07;
/** Non-standard loads: `ld_imm64` and the legacy packet loads. */
export const BPF_LD = 0x00;
/** Load from memory into a register. */
export const BPF_LDX = 0x01;
/** Store an immediate to memory. */
export const BPF_ST = 0x02;
/** Store a register to memory; atomic operations. */
export const BPF_STX = 0x03;
/** 32-bit arithmetic. */
export const BPF_ALU = 0x04;
/** 64-bit jumps, calls and exit. */
export const BPF_JMP = 0x05;
/** 32-bit jumps. */
export const BPF_JMP32 = 0x06;
/** 64-bit arithmetic. */
export const BPF_ALU64 = 0x07;

/** Mask of the operand source in an ALU or JMP opcode. */
export const BPF_SRC_MASK = 0x08;
/** The second operand is the immediate. */
export const BPF_K = 0x00;
/** The second operand is the source register. */
export const BPF_X = 0x08;

/** Mask of the operation in an ALU or JMP opcode. */
export const BPF_OP_MASK = 0xf0;
/** `dst += src`. */
export const BPF_ADD = 0x00;
/** `dst -= src`. */
export const BPF_SUB = 0x10;
/** `dst *= src`. */
export const BPF_MUL = 0x20;
/** Division, unsigned; signed with `offset` 1. */
export const BPF_DIV = 0x30;
/** `dst |= src`. */
export const BPF_OR = 0x40;
/** `dst &= src`. */
export const BPF_AND = 0x50;
/** `dst <<= src`. */
export const BPF_LSH = 0x60;
/** `dst >>= src`, filling with 0. */
export const BPF_RSH = 0x70;
/** `dst = -dst`. */
export const BPF_NEG = 0x80;
/** Remainder, unsigned; signed with `offset` 1. */
export const BPF_MOD = 0x90;
/** `dst ^= src`. */
export const BPF_XOR = 0xa0;
/** Move; sign-extending with `offset` 8, 16 or 32. */
export const BPF_MOV = 0xb0;
/** `dst >>= src`, filling with the sign. */
export const BPF_ARSH = 0xc0;
/** Byte order: to little (`BPF_K`) or big endian (`BPF_X`) in class ALU, unconditional swap in ALU64. */
export const BPF_END = 0xd0;

/** Jump; in class JMP32 the distance is in `imm` (`gotol`). */
export const BPF_JA = 0x00;
/** Jump if equal. */
export const BPF_JEQ = 0x10;
/** Jump if greater, unsigned. */
export const BPF_JGT = 0x20;
/** Jump if greater or equal, unsigned. */
export const BPF_JGE = 0x30;
/** Jump if any bit of `src` is set in `dst`. */
export const BPF_JSET = 0x40;
/** Jump if not equal. */
export const BPF_JNE = 0x50;
/** Jump if greater, signed. */
export const BPF_JSGT = 0x60;
/** Jump if greater or equal, signed. */
export const BPF_JSGE = 0x70;
/** Call; `src` says of what. */
export const BPF_CALL = 0x80;
/** Return R0. */
export const BPF_EXIT = 0x90;
/** Jump if less, unsigned. */
export const BPF_JLT = 0xa0;
/** Jump if less or equal, unsigned. */
export const BPF_JLE = 0xb0;
/** Jump if less, signed. */
export const BPF_JSLT = 0xc0;
/** Jump if less or equal, signed. */
export const BPF_JSLE = 0xd0;
/** Jump that the kernel may decide on: `may_goto`. */
export const BPF_JCOND = 0xe0;

/** Mask of the access width in a load or store opcode. */
export const BPF_SIZE_MASK = 0x18;
/** 4 bytes. */
export const BPF_W = 0x00;
/** 2 bytes. */
export const BPF_H = 0x08;
/** 1 byte. */
export const BPF_B = 0x10;
/** 8 bytes. */
export const BPF_DW = 0x18;

/** Mask of the addressing mode in a load or store opcode. */
export const BPF_MODE_MASK = 0xe0;
/** 64-bit immediate. */
export const BPF_IMM = 0x00;
/** Legacy packet load at a fixed offset. */
export const BPF_ABS = 0x20;
/** Legacy packet load at an offset in a register. */
export const BPF_IND = 0x40;
/** Ordinary access: register plus offset. */
export const BPF_MEM = 0x60;
/** The same, sign-extending. */
export const BPF_MEMSX = 0x80;
/** Atomic operation, chosen by `imm`. */
export const BPF_ATOMIC = 0xc0;

/** Added to an atomic operation that also returns the old value. */
export const BPF_FETCH = 0x01;
/** Atomic operation: swap `src` and memory. */
export const BPF_XCHG: number = 0xe0 | BPF_FETCH;
/** Atomic operation: store `src` if memory equals R0; R0 becomes the old value. */
export const BPF_CMPXCHG: number = 0xf0 | BPF_FETCH;
/** Atomic operation: `dst` = memory at `src`, with acquire order. */
export const BPF_LOAD_ACQ = 0x100;
/** Atomic operation: memory at `dst` = `src`, with release order. */
export const BPF_STORE_REL = 0x110;

/** `src` of `ld_imm64`: `imm` is a map's fd (in a dump by the kernel: its id). */
export const BPF_PSEUDO_MAP_FD = 1;
/** `src` of `ld_imm64`: address of a map's value; the high half of the constant is the offset into it. */
export const BPF_PSEUDO_MAP_VALUE = 2;
/** `src` of `ld_imm64`: address of the kernel variable with this BTF id. */
export const BPF_PSEUDO_BTF_ID = 3;
/** `src` of `ld_imm64`: address of a subprogram, as a distance in slots. */
export const BPF_PSEUDO_FUNC = 4;
/** `src` of `ld_imm64`: index into the `fd_array` of the load command. */
export const BPF_PSEUDO_MAP_IDX = 5;
/** `src` of `ld_imm64`: as {@link BPF_PSEUDO_MAP_VALUE}, by index into `fd_array`. */
export const BPF_PSEUDO_MAP_IDX_VALUE = 6;

/** `src` of a call: a subprogram, `imm` slots after the next instruction. */
export const BPF_PSEUDO_CALL = 1;
/** `src` of a call: a kernel function, `imm` its BTF id. */
export const BPF_PSEUDO_KFUNC_CALL = 2;

/** `offset` of a 64-bit register move that casts between address spaces; `imm` is `to << 16 | from`. */
export const BPF_ADDR_SPACE_CAST = 1;
/** `offset` of the kernel's own move that adds the base of per-CPU memory: in its dumps only. */
export const BPF_ADDR_PERCPU: number = -1;

/** Opcode of `ld_imm64`, the only instruction of two slots. */
export const LD_IMM64: number = BPF_LD | BPF_IMM | BPF_DW;
