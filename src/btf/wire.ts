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
/** Words of `struct btf_type`. */
export const TYPE_WORDS = 3;

/** Words that follow `struct btf_type`: `[once, for each of vlen]`, at the index of the kind. */
const TRAILERS: readonly (readonly [once: number, each: number])[] = [
  [0, 0], // void: never written
  [1, 0], // int: encoding << 24 | bit offset << 16 | bits
  [0, 0], // ptr
  [3, 0], // array: type, index type, count
  [0, 3], // struct: name_off, type, offset (with kind_flag: width << 24 | offset)
  [0, 3], // union: the same
  [0, 2], // enum: name_off, value
  [0, 0], // fwd
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // func: its vlen is the linkage
  [0, 2], // func_proto: name_off, type
  [1, 0], // var: linkage
  [0, 3], // datasec: type, offset, size
  [0, 0], // float
  [1, 0], // decl_tag: component
  [0, 0], // type_tag
  [0, 3], // enum64: name_off, low half, high half
];

/** First column of the table above. */
export const ONCE_WORDS: Uint8Array = Uint8Array.from(TRAILERS, ([once]) => once);
/** Second column. */
export const EACH_WORDS: Uint8Array = Uint8Array.from(TRAILERS, ([, each]) => each);

/** Bits of the encoding of an int. */
export const INT_SIGNED = 1;
export const INT_CHAR = 2;
export const INT_BOOL = 4;

/** `BTF_MAX_VLEN`. */
export const MAX_VLEN = 0xffff;
/** Widest offset of a member in a struct with bitfields (`BTF_MEMBER_BIT_OFFSET`). */
export const MAX_BITFIELD_OFFSET = 0xffffff;
