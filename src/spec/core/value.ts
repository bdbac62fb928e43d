import type { CoreKind } from '../../asm/index.ts';
import type { BtfType } from '../../btf/index.ts';
import type { Access, FieldAccess, MemberStep } from './access.ts';
import { isEnum, typeInWords } from './names.ts';

/** The answer to a relocation, for the types of the object or for those of a kernel. */
export interface Value {
  /** As 64 bits without sign. */
  readonly value: bigint;
  /** The compiler must have put this value into the instruction; for bitfields it may have chosen otherwise. */
  readonly certain: boolean;
  /** Where an instruction reads or writes the field itself: what it accesses. */
  readonly memory?: Memory;
}

/** What is in memory at a byte offset: for an array, its elements. */
export interface Memory {
  /** Bytes. */
  readonly size: number;
  /** An access may become wider or narrower with the field: pointers and unsigned ints, which fill up with zeros. */
  readonly resizable: 'ptr' | 'unsigned' | undefined;
}

/**
 * Answers `kind` for a field, type or enumerator that was found.
 *
 * @returns why there is no answer, where there is none.
 * @throws ObjectFormatError, ArgumentError when the types are damaged.
 *
 * Source: `bpf_core_calc_field_relo`, `bpf_core_calc_type_relo`, `bpf_core_calc_enumval_relo` (relo_core.c).
 */
export function answer(kind: CoreKind, access: Access): Value | string {
  switch (access.form) {
    case 'field':
      return kind === 'field_exists' ? certain(1) : fieldValue(kind, access);
    case 'enumerator':
      return kind === 'enumval_exists' ? certain(1) : { value: access.value, certain: true };
    case 'type':
      if (kind === 'type_size') return certain(access.btf.sizeof(access.root));
      // A linker may have renumbered the types under the instruction.
      if (kind === 'local_type_id' || kind === 'target_type_id') {
        return { value: BigInt(access.root), certain: false };
      }
      return certain(1);
  }
}

/** The answer where the kernel has no such thing and `kind` is content with that; undefined where it is not. */
export function answerOfAbsent(kind: CoreKind): bigint | undefined {
  switch (kind) {
    case 'field_exists':
    case 'enumval_exists':
    case 'type_exists':
    case 'type_matches':
    case 'type_size':
    case 'target_type_id':
      return 0n;
    default:
      return undefined;
  }
}

function certain(value: number): Value {
  return { value: BigInt(value), certain: true };
}

function fieldValue(kind: CoreKind, access: FieldAccess): Value | string {
  const { btf, steps, bitOffset } = access;
  const step = steps.at(-1)!;
  if (step.kind === 'element') {
    if (kind === 'byte_off')
      return { ...certain(Math.floor(bitOffset / 8)), memory: memoryOf(access, step.type) };
    if (kind === 'byte_sz') return certain(btf.sizeof(step.type));
    return `"${kind}" has no meaning for an element of an array`;
  }
  const type = btf.type(btf.resolve(step.type));
  const storage = step.bitSize > 0 ? bitfieldStorage(access, step) : wholeStorage(access, step);
  if (typeof storage === 'string') return storage;
  const { byteOffset, byteSize, bitSize } = storage;
  const certainly = step.bitSize === 0;
  switch (kind) {
    case 'byte_off': {
      const value = { value: BigInt(byteOffset), certain: certainly };
      return certainly ? { ...value, memory: memoryOf(access, step.type) } : value;
    }
    case 'byte_sz':
      return { value: BigInt(byteSize), certain: certainly };
    case 'signed':
      return certain(isSigned(type) ? 1 : 0);
    case 'lshift_u64': {
      const before = bitOffset - byteOffset * 8;
      const shift = btf.littleEndian ? 64 - (before + bitSize) : 64 - byteSize * 8 + before;
      return { value: BigInt.asUintN(64, BigInt(shift)), certain: certainly };
    }
    case 'rshift_u64':
      return { value: BigInt.asUintN(64, BigInt(64 - bitSize)), certain: true };
    default:
      return `"${kind}" does not ask about a field`;
  }
}

/** The bytes to load for a field, and how many bits of them it has. */
interface Storage {
  readonly byteOffset: number;
  readonly byteSize: number;
  readonly bitSize: number;
}

function wholeStorage({ btf, bitOffset }: FieldAccess, step: MemberStep): Storage {
  const byteSize = btf.sizeof(step.type);
  return { byteOffset: Math.floor(bitOffset / 8), byteSize, bitSize: byteSize * 8 };
}

/** The smallest aligned integer, from the size of the bitfield's type on, that holds all of its bits. */
function bitfieldStorage(access: FieldAccess, { type, bitSize }: MemberStep): Storage | string {
  const { btf, bitOffset } = access;
  for (let byteSize = btf.sizeof(type); [1, 2, 4, 8].includes(byteSize); byteSize *= 2) {
    const byteOffset = Math.floor(bitOffset / 8 / byteSize) * byteSize;
    if (bitOffset + bitSize <= (byteOffset + byteSize) * 8) return { byteOffset, byteSize, bitSize };
  }
  return `the bitfield in ${typeInWords(btf, access.root)} cannot be read with one load of up to 8 bytes`;
}

function memoryOf({ btf }: FieldAccess, id: number): Memory {
  const own = btf.type(btf.resolve(id));
  let element = own;
  let elementId = id;
  while (element.kind === 'array') {
    elementId = element.type;
    element = btf.type(btf.resolve(elementId));
  }
  const unsigned = own.kind === 'int' && !own.signed;
  return {
    size: btf.sizeof(elementId),
    resizable: own.kind === 'ptr' ? 'ptr' : unsigned ? 'unsigned' : undefined,
  };
}

function isSigned(type: BtfType): boolean {
  return (type.kind === 'int' || isEnum(type)) && type.signed;
}
