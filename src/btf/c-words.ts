import { INT_BOOL, INT_SIGNED } from './wire.ts';

/** The integers of C on BPF by the names that compilers write into BTF, and their sizes. */
const INT_SIZES: Readonly<Record<string, number>> = {
  __proto__: null as never,
  char: 1,
  'signed char': 1,
  'unsigned char': 1,
  short: 2,
  'short int': 2,
  'short unsigned int': 2,
  'unsigned short': 2,
  int: 4,
  'unsigned int': 4,
  long: 8,
  'long int': 8,
  'long unsigned int': 8,
  'unsigned long': 8,
  'long long': 8,
  'long long int': 8,
  'long long unsigned int': 8,
  'unsigned long long': 8,
  __int128: 16,
  '__int128 unsigned': 16,
  'unsigned __int128': 16,
};

/** `[signed, unsigned]` by size. */
const INTS: Readonly<Record<number, readonly [string, string]>> = {
  1: ['signed char', 'unsigned char'],
  2: ['short', 'unsigned short'],
  4: ['int', 'unsigned int'],
  8: ['long long', 'unsigned long long'],
  16: ['__int128', 'unsigned __int128'],
};

/**
 * C's name of an integer of 1, 2, 4, 8 or 16 bytes: the one that the BTF gives where it means that size in C for BPF,
 * otherwise one of that size (`__Poly8_t` of arm64 is no name of C, and a 32-bit kernel's `long` is shorter).
 */
export function intName(size: number, encoding: number, name: string): string {
  if ((encoding & INT_BOOL) !== 0 && size === 1) return '_Bool';
  if (INT_SIZES[name] === size) return name;
  return INTS[size]![(encoding & INT_SIGNED) !== 0 ? 0 : 1];
}

/** C's name of a float; where BPF has none of that size, of an integer that takes its place. */
export function floatName(size: number): string {
  return size === 4 ? 'float' : size === 8 ? 'double' : INTS[size]![1];
}

/** An enum constant's value as C writes it: given by its low 32 bits, and as high ones those of the sign or of 64 bits. */
export function enumValue(low: number, high: number, signed: boolean): string {
  if (high === 0) return String(low);
  if (high === -1 && low >= 2 ** 31) return String(low | 0);
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low);
  if (!signed) return `${bits}ULL`;
  const value = BigInt.asIntN(64, bits);
  // C has no negative literals: the lowest value would be minus one that is too large.
  return value === -(2n ** 63n) ? `${value + 1n}LL - 1` : `${value}LL`;
}

const MODES: Readonly<Record<number, string>> = { 1: 'QI', 2: 'HI', 4: 'SI', 8: 'DI' };

/** Gives an enum a size that its values alone do not give it. */
export function enumMode(size: number): string {
  return ` __attribute__((mode(${MODES[size]})))`;
}

/** Longest gap, in bits, that is filled without a name: each line takes 8 bytes of it. */
const MAX_UNNAMED = 1024;

const UNITS: readonly (readonly [type: string, bits: number])[] = [
  ['char', 8],
  ['short', 16],
  ['int', 32],
  ['long', 64],
];

/** Unnamed bitfields for the bits from `from` to `to`: they are in no BTF and align nothing. A long gap gets a name. */
export function padding(from: number, to: number, indent: string): string {
  if (to - from > MAX_UNNAMED) {
    const start = Math.ceil(from / 8) * 8;
    const end = Math.floor(to / 8) * 8;
    return padding(from, start, indent) + namedPadding(start, end, indent) + padding(end, to, indent);
  }
  let text = '';
  for (let at = from; at < to; ) {
    // The unit that reaches furthest without being straddled, and of those the smallest.
    let [unit, end] = ['', at];
    for (const [type, bits] of UNITS) {
      const reach = Math.min(to, Math.floor(at / bits) * bits + bits);
      if (reach > end) [unit, end] = [type, reach];
    }
    text += `${indent}${unit}: ${end - at};\n`;
    at = end;
  }
  return text;
}

/** A member that fills the bytes from bit `from` to bit `to`. */
export function namedPadding(from: number, to: number, indent: string): string {
  return `${indent}unsigned char __padding_${from / 8}[${(to - from) / 8}];\n`;
}
