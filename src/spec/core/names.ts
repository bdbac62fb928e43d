import type { Btf, BtfComposite, BtfEnum, BtfEnum64, BtfType } from '../../btf/index.ts';

/**
 * A name without its flavour: `task_struct` of `task_struct___old`. Flavours of one name stand for one kernel type; the
 * last `___` between characters that are no underscores counts.
 *
 * Source: `bpf_core_essential_name_len` (libbpf.c).
 */
export function essentialName(name: string): string {
  return /^(.*[^_])___[^_]/s.exec(name)?.[1] ?? name;
}

/** Whether the names mean the same type or member, flavours aside (`bpf_core_names_match`). */
export function namesMatch(local: string, target: string): boolean {
  return essentialName(local) === essentialName(target);
}

/** The type's own name; empty where its kind has none. */
export function nameOf(type: BtfType): string {
  return 'name' in type ? type.name : '';
}

/** A type in words: `struct task_struct`, `typedef pid_t`, `struct (anonymous)`, `ptr`. */
export function typeInWords(btf: Btf, id: number): string {
  const type = btf.type(id);
  return 'name' in type ? `${type.kind} ${type.name || '(anonymous)'}` : type.kind;
}

/** Enums of 32 and of 64 bits are of one kind; all others only of their own (`btf_kind_core_compat`). */
export function sameKind(a: BtfType, b: BtfType): boolean {
  return a.kind === b.kind || (isEnum(a) && isEnum(b));
}

/** Whether the type is an enum, of 32 or 64 bits. */
export function isEnum(type: BtfType): type is BtfEnum | BtfEnum64 {
  return type.kind === 'enum' || type.kind === 'enum64';
}

/** Names and values of an enum of either width. */
export function enumerators(
  type: BtfEnum | BtfEnum64,
): readonly { readonly name: string; readonly value: number | bigint }[] {
  return type.values;
}

/** Whether the type is a struct or union. */
export function isComposite(type: BtfType): type is BtfComposite {
  return type.kind === 'struct' || type.kind === 'union';
}
