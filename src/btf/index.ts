/** Room `btf`: types of the kernel and of programs, and code that reads and writes values of a type. Pure. */
export { Btf } from './btf.ts';
export { BtfBuilder, type BtfBuilderOptions, type BtfNewType } from './builder.ts';
export type { TakenNames } from './c-names.ts';
export { type Cursor, createDecoder, type Decoder, type DecoderOptions } from './decoder.ts';
export { createEncoder, type Encoder } from './encoder.ts';
export { copyType, extractType } from './extract.ts';
export type { MemberPlace } from './layout.ts';
export { HOST_LITTLE_ENDIAN, type RecordMemory, recordMemory } from './memory.ts';
export { type FormatCOptions, formatC } from './print-c.ts';
export { type FormatTypeScriptOptions, formatTypeScript } from './print-ts.ts';
export { formatType } from './type-name.ts';
export type {
  BtfArray,
  BtfComposite,
  BtfDatasec,
  BtfDeclTag,
  BtfEnum,
  BtfEnum64,
  BtfFloat,
  BtfFunc,
  BtfFuncProto,
  BtfFwd,
  BtfInt,
  BtfKindName,
  BtfLinkage,
  BtfMember,
  BtfModifier,
  BtfPtr,
  BtfType,
  BtfTypedef,
  BtfTypeTag,
  BtfVar,
  BtfVoid,
} from './types.ts';
export { typesInUse } from './types-in-use.ts';
