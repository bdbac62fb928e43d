/** The words for the kinds, at the index that is their number on the wire (`BTF_KIND_*`). */
export const KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

/** A kind in the kernel's word, lower case and without `BTF_KIND_`. */
export type BtfKindName = (typeof KINDS)[number];

/** The words for `enum btf_func_linkage` and for `BTF_VAR_*`, at the index that is their number on the wire. */
export const LINKAGES = ['static', 'global', 'extern'] as const;

/** Whether a function or variable is private to its object, defined for others, or defined elsewhere. */
export type BtfLinkage = (typeof LINKAGES)[number];

/** Type id 0: `void`, and the end of a variadic parameter list. */
export interface BtfVoid {
  readonly kind: 'void';
}

/** An integer of C. At most one of `signed`, `char` and `bool` is set by the usual compilers. */
export interface BtfInt {
  readonly kind: 'int';
  readonly name: string;
  /** Bytes of storage. */
  readonly size: number;
  /** Bits that carry the value: `8 * size`, except for bitfields of old compilers. */
  readonly bits: number;
  /** First of those bits within the storage; 0 except for bitfields of old compilers. */
  readonly bitOffset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}

/** A pointer; its size is that of the whole BTF ({@link Btf.pointerSize}). */
export interface BtfPtr {
  readonly kind: 'ptr';
  /** Id of the type pointed to. */
  readonly type: number;
}

/** An array. One of several dimensions is an array of arrays. */
export interface BtfArray {
  readonly kind: 'array';
  /** Id of the element type. */
  readonly type: number;
  /** Id of the type of the index; no meaning for the layout. */
  readonly indexType: number;
  /** Number of elements; 0 for a flexible array member. */
  readonly count: number;
}

/** A member of a struct or union. */
export interface BtfMember {
  /** Empty for an anonymous struct or union and for padding. */
  readonly name: string;
  readonly type: number;
  /** Bits from the start of the struct; in big-endian BTF counted from the most significant bit. */
  readonly bitOffset: number;
  /** Width of a bitfield in bits; 0 when the member is none. */
  readonly bitSize: number;
}

/** A struct or a union; `size` in bytes. */
export interface BtfComposite {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly members: readonly BtfMember[];
}

/** An enum whose values fit 32 bits. `signed` says how to read them; clang before 15 leaves it false. */
export interface BtfEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

/** An enum with values of up to 64 bits. */
export interface BtfEnum64 {
  readonly kind: 'enum64';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** A struct or union that is only declared. */
export interface BtfFwd {
  readonly kind: 'fwd';
  readonly name: string;
  readonly declares: 'struct' | 'union';
}

/** Another name for a type. */
export interface BtfTypedef {
  readonly kind: 'typedef';
  readonly name: string;
  readonly type: number;
}

/** A qualifier in front of a type. */
export interface BtfModifier {
  readonly kind: 'volatile' | 'const' | 'restrict';
  readonly type: number;
}

/** `btf_type_tag("…")` in front of a type; `name` is the text of the tag. */
export interface BtfTypeTag {
  readonly kind: 'type_tag';
  readonly name: string;
  readonly type: number;
  /** The text is a whole `__attribute__((…))` and not the argument of `btf_type_tag` (kernel 6.15). */
  readonly attribute: boolean;
}

/** A function; `type` is its `func_proto`. */
export interface BtfFunc {
  readonly kind: 'func';
  readonly name: string;
  readonly type: number;
  readonly linkage: BtfLinkage;
}

/** The signature of a function. A last parameter of type 0 without a name stands for `...`. */
export interface BtfFuncProto {
  readonly kind: 'func_proto';
  readonly returnType: number;
  readonly params: readonly { readonly name: string; readonly type: number }[];
}

/** A global or static variable. */
export interface BtfVar {
  readonly kind: 'var';
  readonly name: string;
  readonly type: number;
  readonly linkage: BtfLinkage;
}

/** An ELF section (`.maps`, `.data`, …) and where its variables lie, in bytes. */
export interface BtfDatasec {
  readonly kind: 'datasec';
  readonly name: string;
  readonly size: number;
  readonly variables: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
}

/** A floating-point number of `size` bytes. */
export interface BtfFloat {
  readonly kind: 'float';
  readonly name: string;
  readonly size: number;
}

/** `btf_decl_tag("…")` on a declaration; `name` is the text of the tag. */
export interface BtfDeclTag {
  readonly kind: 'decl_tag';
  readonly name: string;
  readonly type: number;
  /** Index of the tagged member or parameter of `type`; -1 when the tag is on `type` itself. */
  readonly component: number;
  /** As in {@link BtfTypeTag.attribute}. */
  readonly attribute: boolean;
}

/**
 * One BTF type, told apart by `kind`. References to other types are ids. The same shape is parsed and encoded
 * (Documentation/bpf/btf.rst, section 2).
 */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfPtr
  | BtfArray
  | BtfComposite
  | BtfEnum
  | BtfFwd
  | BtfTypedef
  | BtfModifier
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag
  | BtfEnum64;

/** What layout needs to know of a set of types; {@link Btf} and {@link BtfBuilder} are such sets. */
export interface TypeSource {
  /** What errors call this set of types. */
  readonly name: string;
  /** Bytes of a pointer. */
  readonly pointerSize: 4 | 8;
  /** The type of that id. */
  type(id: number): BtfType;
  /** Offset in bytes of the type's record in the encoded form, for error messages. */
  position(id: number): number;
}
