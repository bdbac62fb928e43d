import { helperName } from './helpers.ts';
import type { Instruction } from './instruction.ts';
import type { SignedWidth, Width } from './isa.ts';
import {
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
} from './opcode.ts';

/** Whose way of writing instructions: that of the kernel and bpftool, or LLVM's. */
export type Style = 'bpftool' | 'llvm';

/** Where the two ways of writing an instruction differ. */
export interface Dialect {
  /** What stands before the instruction that begins at `slot`. */
  slot(slot: number): string;
  /** The whole instruction. */
  line(opcode: number, text: string): string;
  /** Bytes that are no instruction. */
  unknown(opcode: number): string;
  /** A register that is loaded from or stored to memory of this width. */
  value(width: Width | SignedWidth, register: number): string;
  address(base: number, offset: number): string;
  /** The offset of a `ld_ind`. */
  packetOffset(register: number, offset: number): string;
  target(slots: number): string;
  /** The immediate of a comparison. */
  compared(imm: number): string;
  /** Name of an atomic operation that returns the old value. */
  fetch(width: Width, name: string): string;
  /** Begin of an atomic exchange: its name, `(` and the memory. */
  exchange(name: 'xchg' | 'cmpxchg', width: Width, base: number, offset: number): string;
  callee(instruction: Instruction): string;
  /** The operand of `ld_imm64`. */
  constant(instruction: Instruction): string;
}

const bpftool: Dialect = {
  slot: (slot) => `${String(slot).padStart(4)}: `,
  line: (opcode, text) => `(${hex(opcode)}) ${text}`,
  unknown: (opcode) => `BUG_${hex(opcode)}`,
  value: (_, register) => `r${register}`,
  address: (base, offset) => `r${base} ${signed(offset)}`,
  packetOffset: (register, offset) => `r${register} + ${offset}`,
  target: (slots) => `pc${signed(slots)}`,
  compared: (imm) => `0x${(imm >>> 0).toString(16)}`,
  fetch: (width, name) => `atomic${width === 'u64' ? '64' : ''}_fetch_${name}`,
  exchange: (name, width, base, offset) =>
    `atomic${width === 'u64' ? '64' : ''}_${name}((${width} *)(r${base} ${signed(offset)})`,
  callee({ src, offset, imm, reference }) {
    if (src === BPF_PSEUDO_CALL) {
      // The kernel moves the distance, which is never 0, to `offset` when it has compiled the program.
      const distance = signed(offset === 0 ? imm : offset);
      return `pc${distance}${reference === undefined ? '' : `#${reference.name}`}`;
    }
    if (src === BPF_PSEUDO_KFUNC_CALL) return `${reference?.name ?? 'kernel-function'}#${imm}`;
    const name = helperName(imm);
    return `${name === undefined ? 'unknown' : `bpf_${name}`}#${imm}`;
  },
  constant({ src, imm, imm64 = 0n, reference }) {
    const high = Number(BigInt.asIntN(32, imm64 >> 32n));
    switch (reference?.kind) {
      case 'map':
        return `map[${reference.name}]`;
      case 'mapValue':
        return `map[${reference.name}][0]+${reference.offset}`;
      case 'function':
        return `subprog[${signed(imm)}]#${reference.name}`;
      case 'ksym':
        return `ksym[${reference.name}]`;
    }
    if (src === BPF_PSEUDO_MAP_FD) return `map[id:${imm}]`;
    if (src === BPF_PSEUDO_MAP_VALUE) return `map[id:${imm}][0]+${high}`;
    if (src === BPF_PSEUDO_MAP_IDX_VALUE) return `map[idx:${imm}]+${high}`;
    if (src === BPF_PSEUDO_FUNC) return `subprog[${signed(imm)}]`;
    return `0x${imm64.toString(16)}`;
  },
};

const llvm: Dialect = {
  slot: (slot) => `${String(slot).padStart(8)}:\t`,
  line: (_, text) => text,
  unknown: () => '<unknown>',
  value: (width, register) => `${width === 'u64' || width.startsWith('s') ? 'r' : 'w'}${register}`,
  address: spacedAddress,
  packetOffset: (register, offset) => (offset === 0 ? `r${register}` : spacedAddress(register, offset)),
  target: signed,
  compared: String,
  fetch: (_, name) => `atomic_fetch_${name}`,
  exchange: (name, width, base, offset) =>
    `${name}${width === 'u64' ? '_64' : '32_32'}(${spacedAddress(base, offset)}`,
  callee: ({ imm }) => String(imm),
  constant: ({ imm64 = 0n }) => `${BigInt.asIntN(64, imm64)} ll`,
};

export const DIALECTS: Readonly<Record<Style, Dialect>> = { bpftool, llvm };

function hex(opcode: number): string {
  return opcode.toString(16).padStart(2, '0');
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function spacedAddress(base: number, offset: number): string {
  return `r${base} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}
