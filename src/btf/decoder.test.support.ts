// What tests of decoders make types and records of.
import { type BtfBuilder, type BtfMember, type RecordMemory, recordMemory } from './index.ts';

/** A member; offsets and widths in bits. */
export function member(name: string, type: number, bitOffset: number, bitSize = 0): BtfMember {
  return { name, type, bitOffset, bitSize };
}

/** Ids of types, and how to add an array of one. */
interface BasicTypes {
  readonly char: number;
  readonly u8: number;
  readonly u32: number;
  readonly s64: number;
  readonly array: (type: number, count: number) => number;
}

/** Adds the types that tests use to a builder. */
export function basicTypes(builder: BtfBuilder): BasicTypes {
  const char = builder.int('char', 1);
  const u8 = builder.int('unsigned char', 1);
  const u32 = builder.int('unsigned int', 4);
  const array = (type: number, count: number) => builder.add({ kind: 'array', type, indexType: u32, count });
  const s64 = builder.int('long', 8, 'signed');
  return { char, u8, u32, s64, array };
}

/** A copy of some bytes as memory that decoders read. */
export function memoryOf(bytes: Uint8Array): RecordMemory {
  return recordMemory(Uint8Array.from(bytes).buffer, 0, bytes.length);
}
