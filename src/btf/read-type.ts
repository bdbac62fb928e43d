import { ObjectFormatError } from '../errors/index.ts';
import { type BtfLinkage, type BtfMember, type BtfType, KINDS, LINKAGES } from './types.ts';
import { INT_BOOL, INT_CHAR, INT_SIGNED, TYPE_SIZE } from './wire.ts';

/** What {@link readType} reads from. */
export interface TypeReader {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly what: string;
  /** The string at that name offset. */
  string(offset: number): string;
}

/**
 * Decodes the type whose record starts at `at`, which {@link scanTypes} has found to lie within the section.
 *
 * @throws ObjectFormatError where a value has no meaning; a reference to another type is not followed.
 */
export function readType(from: TypeReader, at: number): BtfType {
  const { view, littleEndian } = from;
  const u32 = (offset: number): number => view.getUint32(offset, littleEndian);
  const info = u32(at + 4);
  const kind = KINDS[(info >>> 24) & 0x1f]!;
  const flag = info >>> 31 === 1;
  const vlen = info & 0xffff;
  const name = from.string(u32(at));
  const sizeOrType = u32(at + 8);
  const data = at + TYPE_SIZE;

  switch (kind) {
    case 'void':
      return { kind };
    case 'int':
      return { kind, name, size: sizeOrType, ...intEncoding() };
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
      return { kind, type: sizeOrType };
    case 'array':
      return { kind, type: u32(data), indexType: u32(data + 4), count: u32(data + 8) };
    case 'struct':
    case 'union':
      return { kind, name, size: sizeOrType, members: list(12, member) };
    case 'enum': {
      const value = flag
        ? (offset: number) => view.getInt32(offset, littleEndian)
        : (offset: number) => view.getUint32(offset, littleEndian);
      const values = list(8, (o) => ({ name: from.string(u32(o)), value: value(o + 4) }));
      return { kind, name, size: sizeOrType, signed: flag, values };
    }
    case 'fwd':
      return { kind, name, declares: flag ? 'union' : 'struct' };
    case 'typedef':
      return { kind, name, type: sizeOrType };
    case 'func':
      return { kind, name, type: sizeOrType, linkage: linkage(vlen, at + 4) };
    case 'func_proto': {
      const params = list(8, (o) => ({ name: from.string(u32(o)), type: u32(o + 4) }));
      return { kind, returnType: sizeOrType, params };
    }
    case 'var':
      return { kind, name, type: sizeOrType, linkage: linkage(u32(data), data) };
    case 'datasec': {
      const variables = list(12, (o) => ({ type: u32(o), offset: u32(o + 4), size: u32(o + 8) }));
      return { kind, name, size: sizeOrType, variables };
    }
    case 'float':
      return { kind, name, size: sizeOrType };
    case 'decl_tag': {
      const component = view.getInt32(data, littleEndian);
      return { kind, name, type: sizeOrType, component, attribute: flag };
    }
    case 'type_tag':
      return { kind, name, type: sizeOrType, attribute: flag };
    case 'enum64': {
      const signed = flag;
      const width = signed ? BigInt.asIntN : BigInt.asUintN;
      const values = list(12, (o) => {
        const value = width(64, (BigInt(u32(o + 8)) << 32n) | BigInt(u32(o + 4)));
        return { name: from.string(u32(o)), value };
      });
      return { kind, name, size: sizeOrType, signed, values };
    }
  }

  function list<T>(size: number, read: (offset: number) => T): T[] {
    return Array.from({ length: vlen }, (_, i) => read(data + i * size));
  }

  function intEncoding(): { bits: number; bitOffset: number; signed: boolean; char: boolean; bool: boolean } {
    const word = u32(data);
    const encoding = (word >>> 24) & 0xf;
    const bits = word & 0xff;
    const bitOffset = (word >>> 16) & 0xff;
    if (sizeOrType < 1 || sizeOrType > 16) throw fail(at + 8, `an int of 1 to 16 bytes, not ${sizeOrType}`);
    if (bits < 1 || bitOffset + bits > sizeOrType * 8) {
      throw fail(data, `bits that lie within ${sizeOrType} bytes, not ${bits} from bit ${bitOffset}`);
    }
    return {
      bits,
      bitOffset,
      signed: (encoding & INT_SIGNED) !== 0,
      char: (encoding & INT_CHAR) !== 0,
      bool: (encoding & INT_BOOL) !== 0,
    };
  }

  function member(offset: number): BtfMember {
    const word = u32(offset + 8);
    const bitOffset = flag ? word & 0xffffff : word;
    return {
      name: from.string(u32(offset)),
      type: u32(offset + 4),
      bitOffset,
      bitSize: flag ? word >>> 24 : 0,
    };
  }

  function linkage(number: number, offset: number): BtfLinkage {
    const word = LINKAGES[number];
    if (word === undefined) throw fail(offset, `a linkage of 0 to ${LINKAGES.length - 1}, not ${number}`);
    return word;
  }

  function fail(offset: number, expected: string): ObjectFormatError {
    return new ObjectFormatError({ what: from.what, offset, expected });
  }
}
