import { LD_IMM64 } from './opcode.ts';

/**
 * One BPF instruction (`struct bpf_insn`): plain data, never changed in place.
 *
 * It occupies one slot of 8 bytes, `ld_imm64` two: see {@link slotCount}. What is known about an instruction
 * travels with it, so that inserting, moving or linking code keeps no side table in step.
 *
 * Source: RFC 9669 section 3.
 */
export interface Instruction {
  /** The opcode byte, made of the `BPF_*` constants. */
  readonly opcode: number;
  /** Destination register, 0 to 10. */
  readonly dst: number;
  /** Source register, 0 to 10, or a `BPF_PSEUDO_*` number. */
  readonly src: number;
  /** Signed 16 bits: bytes for memory, slots (counted from the next instruction) for jumps. */
  readonly offset: number;
  /** Signed 32 bits. For `ld_imm64` the low half of {@link imm64}. */
  readonly imm: number;
  /** Only for `ld_imm64`: the whole constant, 0 to 2^64 − 1. This is what is encoded. */
  readonly imm64?: bigint;
  /** What the instruction refers to by name; resolved to numbers before the program is loaded. */
  readonly reference?: Reference;
  /** Name of the subprogram that starts here. */
  readonly symbol?: string;
  /** Id of the `FUNC` of the function that starts here, in the BTF of the object. */
  readonly func?: number;
  /** The source line it was made from. */
  readonly source?: SourceLine;
  /** What CO-RE has to write into it before it is loaded. */
  readonly relocation?: CoreRelocation;
  /** Why CO-RE could not, and made it a call that the verifier refuses. */
  readonly poison?: Poison;
}

/**
 * What a CO-RE relocation asks of the target's types, in libbpf's words (`core_relo_kind_str`), at the index that is
 * its number in `enum bpf_core_relo_kind`.
 */
export const CORE_KINDS = [
  'byte_off',
  'byte_sz',
  'field_exists',
  'signed',
  'lshift_u64',
  'rshift_u64',
  'local_type_id',
  'target_type_id',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
] as const;

/** See {@link CORE_KINDS}. */
export type CoreKind = (typeof CORE_KINDS)[number];

/** A CO-RE relocation (`struct bpf_core_relo`): whose value the target's BTF decides. */
export interface CoreRelocation {
  readonly kind: CoreKind;
  /** Root type in the BTF of the object. */
  readonly typeId: number;
  /**
   * Path from the root type: indices with colons between, `0:1:2` for `(&root[0])->member1.member2`. For an enum the index
   * of an enumerator, for a type as a whole `0`.
   */
  readonly access: string;
}

/** Why a relocation failed and its instruction was poisoned. */
export interface Poison {
  /** Type and field asked for, as `struct task_struct.pid`. */
  readonly wanted: string;
  /** What stood against it, without a full stop. */
  readonly reason: string;
  /** The types that were tried, as `struct task_struct [vmlinux 123]`. */
  readonly candidates: readonly string[];
  /** Names of members or enumerators like the one that is missing. */
  readonly near: readonly string[];
}

/** A name that an instruction refers to. `name` is a map, subprogram or kernel symbol of the object. */
export type Reference =
  /** `ld_imm64` with `BPF_PSEUDO_MAP_FD`: the map itself. */
  | { readonly kind: 'map'; readonly name: string }
  /** `ld_imm64` with `BPF_PSEUDO_MAP_VALUE`: the address `offset` bytes into the map's only value. */
  | { readonly kind: 'mapValue'; readonly name: string; readonly offset: number }
  /** A call, or `ld_imm64` with `BPF_PSEUDO_FUNC`: a subprogram. */
  | { readonly kind: 'function'; readonly name: string }
  /**
   * A call with `BPF_PSEUDO_KFUNC_CALL`, or `ld_imm64` with the address of a kernel function. A weak one that the
   * kernel lacks is no error until it is called.
   */
  | { readonly kind: 'kfunc'; readonly name: string; readonly weak?: boolean; readonly type?: number }
  /**
   * `ld_imm64` with the address of a kernel variable. With `type`, its type in the BTF of the object, it is found in
   * the kernel's BTF (`BPF_PSEUDO_BTF_ID`), without in `/proc/kallsyms`. A weak one that the kernel lacks is 0.
   */
  | { readonly kind: 'ksym'; readonly name: string; readonly weak?: boolean; readonly type?: number };

/** One line of source text, as BTF line information has it. */
export interface SourceLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1; 0 where unknown. */
  readonly column: number;
  /** The line's text; empty where unknown. */
  readonly text: string;
}

/** Slots of 8 bytes that `instruction` occupies: 2 for `ld_imm64`, else 1. Jump distances count slots. */
export function slotCount(instruction: Instruction): 1 | 2 {
  return instruction.opcode === LD_IMM64 ? 2 : 1;
}
