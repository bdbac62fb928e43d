/*
 * struct btf_header                       struct btf_type, then data that depends on the kind
 *  0 u16 magic 0xeb9f                      0 u32 name_off     offset into the strings
 *  2 u8  version 1                         4 u32 info         bits 0-15 vlen, 24-28 kind, 31 kind_flag
 *  3 u8  flags 0                           8 u32 size or type
 *  4 u32 hdr_len     24, or more in later versions
 *  8 u32 type_off, type_len                both sections: offsets count from the end of the header
 * 16 u32 str_off, str_len
 */
export const MAGIC = 0xeb9f;
export const VERSION = 1;
export const HEADER_SIZE = 24;
export const TYPE_SIZE = 12;

/** Bytes that follow `struct btf_type`: `[fixed, for each of vlen]`, at the index of the kind. */
export const TRAILERS: readonly (readonly [fixed: number, each: number])[] = [
  [0, 0], // void: never written
  [4, 0], // int: u32 encoding << 24 | bit offset << 16 | bits
  [0, 0], // ptr
  [12, 0], // array: u32 type, index type, count
  [0, 12], // struct: u32 name_off, type, offset
  [0, 12], // union
  [0, 8], // enum: u32 name_off, value
  [0, 0], // fwd
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // func: vlen is the linkage
  [0, 8], // func_proto: u32 name_off, type
  [4, 0], // var: u32 linkage
  [0, 12], // datasec: u32 type, offset, size
  [0, 0], // float
  [4, 0], // decl_tag: s32 component
  [0, 0], // type_tag
  [0, 12], // enum64: u32 name_off, low half, high half
];

/** Bits of the encoding of an int. */
export const INT_SIGNED = 1;
export const INT_CHAR = 2;
export const INT_BOOL = 4;

/** `BTF_MAX_VLEN`. */
export const MAX_VLEN = 0xffff;
/** Widest offset of a member in a struct with bitfields (`BTF_MEMBER_BIT_OFFSET`). */
export const MAX_BITFIELD_OFFSET = 0xffffff;
