import type { CoreKind } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import { typeInWords } from './names.ts';

/**
 * What a relocation means, found in the types of the object or in those of a kernel (`struct bpf_core_spec`):
 *
 * ```
 * struct sample { int x; struct { int y; int a[7]; }; } *s;
 *
 * &s[0].a[3]      access string   0 : 1 : 1 : 3       every member, anonymous ones too
 *                 steps          [0]     .a  [3]      only these are looked for in the kernel's type
 * ```
 */
export type Access = TypeAccess | FieldAccess | EnumeratorAccess;

/** A type as a whole. */
export interface TypeAccess {
  readonly form: 'type';
  readonly btf: Btf;
  /** Id of the type, typedefs not resolved. */
  readonly root: number;
}

/** A field or an element of an array. */
export interface FieldAccess {
  readonly form: 'field';
  readonly btf: Btf;
  readonly root: number;
  /** The first one is an element: of the array that a pointer to the root type points to. */
  readonly steps: readonly Step[];
  /** Bits from the start of the root type. */
  readonly bitOffset: number;
}

/** An enumerator of an enum. */
export interface EnumeratorAccess {
  readonly form: 'enumerator';
  readonly btf: Btf;
  readonly root: number;
  readonly name: string;
  /** As 64 bits without sign. */
  readonly value: bigint;
}

/** A step of the way to a field; `type` is the type it leads to. */
export type Step = MemberStep | ElementStep;

export interface MemberStep {
  readonly kind: 'member';
  readonly name: string;
  readonly type: number;
  /** Width of a bitfield in bits; 0 when the member is none. */
  readonly bitSize: number;
  /** It is the last member of its struct, and so may be a flexible array. */
  readonly last: boolean;
}

export interface ElementStep {
  readonly kind: 'element';
  readonly index: number;
  readonly type: number;
}

/** What the kinds of relocation ask about. */
export const FORMS: Readonly<Record<CoreKind, Access['form']>> = {
  byte_off: 'field',
  byte_sz: 'field',
  field_exists: 'field',
  signed: 'field',
  lshift_u64: 'field',
  rshift_u64: 'field',
  local_type_id: 'type',
  target_type_id: 'type',
  type_exists: 'type',
  type_size: 'type',
  type_matches: 'type',
  enumval_exists: 'enumerator',
  enumval_value: 'enumerator',
};

/** 32-bit values are sign-extended whatever the enum says, as libbpf does: old compilers do not record the sign. */
export function enumeratorAccess(
  btf: Btf,
  root: number,
  { name, value }: { readonly name: string; readonly value: number | bigint },
): EnumeratorAccess {
  const wide = typeof value === 'bigint' ? value : BigInt(value | 0);
  return { form: 'enumerator', btf, root, name, value: BigInt.asUintN(64, wide) };
}

/** What a relocation asks for, in words: `struct task_struct.comm[0]`, `enum bpf_func_id::BPF_FUNC_loop`. */
export function accessInWords(access: Access): string {
  const root = typeInWords(access.btf, access.root);
  if (access.form === 'type') return root;
  if (access.form === 'enumerator') return `${root}::${access.name}`;
  const steps = access.steps.map((step, i) => {
    if (step.kind === 'member') return `.${step.name}`;
    return i === 0 && step.index === 0 ? '' : `[${step.index}]`;
  });
  return root + steps.join('');
}
