import { ObjectFormatError } from '../errors/index.ts';
import type { TypeSection } from './type-section.ts';
import { type BtfLinkage, type BtfMember, type BtfType, KINDS, LINKAGES } from './types.ts';
import { INT_BOOL, INT_CHAR, INT_SIGNED, TYPE_WORDS } from './wire.ts';

/**
 * Decodes the type whose record starts at a word of the section.
 *
 * @param text gives the string at a name offset.
 * @param typeCount highest id of a type.
 * @throws ObjectFormatError where a value has no meaning; that another type exists is checked, what it is is not.
 */
export function readType(
  section: TypeSection,
  start: number,
  text: (nameOffset: number) => string,
  typeCount: number,
  what: string,
): BtfType {
  const { words } = section;
  const info = words[start + 1]!;
  const kind = KINDS[(info >>> 24) & 0x1f]!;
  const flag = info >>> 31 === 1;
  const vlen = info & 0xffff;
  const name = text(words[start]!);
  const sizeOrType = words[start + 2]!;
  const data = start + TYPE_WORDS;

  switch (kind) {
    case 'void':
      return { kind };
    case 'int':
      return { kind, name, size: sizeOrType, ...intEncoding() };
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
      return { kind, type: typeAt(start + 2) };
    case 'array':
      return { kind, type: typeAt(data), indexType: typeAt(data + 1), count: words[data + 2]! };
    case 'struct':
    case 'union':
      return { kind, name, size: sizeOrType, members: list(3, member) };
    case 'enum': {
      const values = list(2, (at) => ({
        name: text(words[at]!),
        value: flag ? words[at + 1]! | 0 : words[at + 1]!,
      }));
      return { kind, name, size: sizeOrType, signed: flag, values };
    }
    case 'fwd':
      return { kind, name, declares: flag ? 'union' : 'struct' };
    case 'typedef':
      return { kind, name, type: typeAt(start + 2) };
    case 'func':
      return { kind, name, type: typeAt(start + 2), linkage: linkage(vlen, start + 1) };
    case 'func_proto': {
      const params = list(2, (at) => ({ name: text(words[at]!), type: typeAt(at + 1) }));
      return { kind, returnType: typeAt(start + 2), params };
    }
    case 'var':
      return { kind, name, type: typeAt(start + 2), linkage: linkage(words[data]!, data) };
    case 'datasec': {
      const variables = list(3, (at) => ({ type: typeAt(at), offset: words[at + 1]!, size: words[at + 2]! }));
      return { kind, name, size: sizeOrType, variables };
    }
    case 'float':
      return { kind, name, size: sizeOrType };
    case 'decl_tag': {
      const component = words[data]! | 0;
      return { kind, name, type: typeAt(start + 2), component, attribute: flag };
    }
    case 'type_tag':
      return { kind, name, type: typeAt(start + 2), attribute: flag };
    case 'enum64': {
      const width = flag ? BigInt.asIntN : BigInt.asUintN;
      const values = list(3, (at) => ({
        name: text(words[at]!),
        value: width(64, (BigInt(words[at + 2]!) << 32n) | BigInt(words[at + 1]!)),
      }));
      return { kind, name, size: sizeOrType, signed: flag, values };
    }
  }

  function list<T>(size: number, read: (at: number) => T): T[] {
    return Array.from({ length: vlen }, (_, i) => read(data + i * size));
  }

  function intEncoding(): { bits: number; bitOffset: number; signed: boolean; char: boolean; bool: boolean } {
    const word = words[data]!;
    const encoding = (word >>> 24) & 0xf;
    const bits = word & 0xff;
    const bitOffset = (word >>> 16) & 0xff;
    if (sizeOrType < 1 || sizeOrType > 16)
      throw fail(start + 2, `an int of 1 to 16 bytes, not ${sizeOrType}`);
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

  function member(at: number): BtfMember {
    const word = words[at + 2]!;
    const place = flag
      ? { bitOffset: word & 0xffffff, bitSize: word >>> 24 }
      : { bitOffset: word, bitSize: 0 };
    return { name: text(words[at]!), type: typeAt(at + 1), ...place };
  }

  function typeAt(word: number): number {
    const id = words[word]!;
    if (id > typeCount) throw fail(word, `a type id of at most ${typeCount}, not ${id}`);
    return id;
  }

  function linkage(number: number, at: number): BtfLinkage {
    const word = LINKAGES[number];
    if (word === undefined) throw fail(at, `a linkage of 0 to ${LINKAGES.length - 1}, not ${number}`);
    return word;
  }

  function fail(word: number, expected: string): ObjectFormatError {
    return new ObjectFormatError({ what, offset: section.position(word), expected });
  }
}
