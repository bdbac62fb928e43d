import { ArgumentError } from '../errors/index.ts';
import { describe } from './layout.ts';
import { type BtfType, KINDS, LINKAGES } from './types.ts';
import {
  EACH_WORDS,
  INT_BOOL,
  INT_CHAR,
  INT_SIGNED,
  MAX_BITFIELD_OFFSET,
  MAX_VLEN,
  ONCE_WORDS,
  TYPE_WORDS,
} from './wire.ts';

/**
 * Encodes one type as {@link readType} reads it. `kind_flag` of a struct follows from its members: set when one is
 * a bitfield.
 *
 * @param nameOffset gives the place of a name in the string section.
 * @throws ArgumentError when a number does not fit its field.
 */
export function encodeType(
  type: Exclude<BtfType, { kind: 'void' }>,
  nameOffset: (name: string) => number,
  littleEndian: boolean,
): Uint8Array {
  const kind = KINDS.indexOf(type.kind);
  const vlen = lengthOf(type);
  const bytes = new Uint8Array(4 * (TYPE_WORDS + ONCE_WORDS[kind]! + EACH_WORDS[kind]! * vlen));
  const view = new DataView(bytes.buffer);
  let at = 0;

  switch (type.kind) {
    case 'int':
      header(type.name, 0, false, type.size);
      number('bits', type.bits, 0xff);
      number('bit offset', type.bitOffset, 0xff);
      put(intEncoding(type) * 2 ** 24 + type.bitOffset * 2 ** 16 + type.bits);
      break;
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
      header('', 0, false, type.type);
      break;
    case 'typedef':
      header(type.name, 0, false, type.type);
      break;
    case 'type_tag':
      header(type.name, 0, type.attribute, type.type);
      break;
    case 'decl_tag':
      header(type.name, 0, type.attribute, type.type);
      putSigned(type.component);
      break;
    case 'func':
      header(type.name, LINKAGES.indexOf(type.linkage), false, type.type);
      break;
    case 'var':
      header(type.name, 0, false, type.type);
      put(LINKAGES.indexOf(type.linkage));
      break;
    case 'fwd':
      header(type.name, 0, type.declares === 'union', 0);
      break;
    case 'float':
      header(type.name, 0, false, type.size);
      break;
    case 'array':
      header('', 0, false, 0);
      put(type.type);
      put(type.indexType);
      put(type.count);
      break;
    case 'struct':
    case 'union': {
      const bitfields = type.members.some((member) => member.bitSize !== 0);
      header(type.name, vlen, bitfields, type.size);
      for (const { name, type: id, bitOffset, bitSize } of type.members) {
        put(nameOffset(name));
        put(id);
        number('width of a bitfield', bitSize, 0xff);
        if (bitfields) number('offset in a struct with bitfields', bitOffset, MAX_BITFIELD_OFFSET);
        put(bitSize * 2 ** 24 + bitOffset);
      }
      break;
    }
    case 'enum':
      header(type.name, vlen, type.signed, type.size);
      for (const { name, value } of type.values) {
        put(nameOffset(name));
        if (type.signed) putSigned(value);
        else put(value);
      }
      break;
    case 'enum64':
      header(type.name, vlen, type.signed, type.size);
      for (const { name, value } of type.values) {
        const wrapped = BigInt.asUintN(64, value);
        if ((type.signed ? BigInt.asIntN(64, value) : wrapped) !== value) throw outOfRange('value', value);
        put(nameOffset(name));
        put(Number(wrapped & 0xffff_ffffn));
        put(Number(wrapped >> 32n));
      }
      break;
    case 'func_proto':
      header('', vlen, false, type.returnType);
      for (const param of type.params) {
        put(nameOffset(param.name));
        put(param.type);
      }
      break;
    case 'datasec':
      header(type.name, vlen, false, type.size);
      for (const variable of type.variables) {
        put(variable.type);
        put(variable.offset);
        put(variable.size);
      }
      break;
  }
  return bytes;

  function header(name: string, vlen: number, flag: boolean, sizeOrType: number): void {
    number('number of members', vlen, MAX_VLEN);
    put(nameOffset(name));
    put((flag ? 2 ** 31 : 0) + kind * 2 ** 24 + vlen);
    put(sizeOrType);
  }

  function put(value: number): void {
    number('number', value, 0xffff_ffff);
    view.setUint32(at, value, littleEndian);
    at += 4;
  }

  function putSigned(value: number): void {
    if (value !== (value | 0)) throw outOfRange('number', value);
    put(value >>> 0);
  }

  function number(what: string, value: number, max: number): void {
    if (!Number.isInteger(value) || value < 0 || value > max) throw outOfRange(what, value);
  }

  function outOfRange(what: string, value: number | bigint): ArgumentError {
    return new ArgumentError({
      message: `BTF of ${describe(type)}: ${what} ${value} does not fit its field`,
      remedy:
        'Sizes, offsets and ids are whole numbers from 0 up; see the kernel page bpf/btf.rst for their widths.',
    });
  }
}

function lengthOf(type: BtfType): number {
  if ('members' in type) return type.members.length;
  if ('values' in type) return type.values.length;
  if ('params' in type) return type.params.length;
  return 'variables' in type ? type.variables.length : 0;
}

function intEncoding({ signed, char, bool }: { signed: boolean; char: boolean; bool: boolean }): number {
  return (signed ? INT_SIGNED : 0) | (char ? INT_CHAR : 0) | (bool ? INT_BOOL : 0);
}
