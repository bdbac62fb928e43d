// Damage to object files and BTF: blind, and aimed at the fields that parsers believe.
import { ElfFile } from '../../../src/elf/index.ts';

/** A sound file, and where its fields are. */
export interface Original {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Offsets of words, by what they are part of: each part is hit as often as any other, however small it is. */
  readonly words: readonly Uint32Array[];
  /** First and last offset of the sections of strings. */
  readonly strings: readonly (readonly [start: number, end: number])[];
}

const SHDR_SIZE = 64;
const BTF_HEADER_SIZE = 24;

/** Finds the fields of an object file: headers, tables, code, types, strings. */
export function originalObject(bytes: Uint8Array): Original {
  const elf = ElfFile.parse(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headers = Number(view.getBigUint64(0x28, elf.littleEndian));
  const words = [wordsIn(0, 64), wordsIn(headers, headers + elf.sections.length * SHDR_SIZE)];
  const strings: [number, number][] = [];
  for (const { name, offset, size, type } of elf.sections) {
    if (size === 0 || offset === 0) continue;
    const end = offset + size;
    if (name === '.BTF') {
      const types = originalBtf(bytes.slice(offset, end));
      words.push(...types.words.map((part) => part.map((at) => at + offset)));
      strings.push(...types.strings.map(([from, to]) => [from + offset, to + offset] as [number, number]));
    } else if (type === STRTAB) strings.push([offset, end]);
    else words.push(wordsIn(offset, end));
  }
  return { bytes, littleEndian: elf.littleEndian, words, strings };
}

const STRTAB = 3;

/** Finds the fields of a blob of BTF. */
export function originalBtf(bytes: Uint8Array): Original {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === 0xeb9f;
  const [types, typesSize, strings, stringsSize] = [8, 12, 16, 20].map((at) =>
    view.getUint32(at, littleEndian),
  ) as [number, number, number, number];
  const from = BTF_HEADER_SIZE + types;
  return {
    bytes,
    littleEndian,
    words: [wordsIn(0, BTF_HEADER_SIZE), wordsIn(from, from + typesSize)],
    strings: [[BTF_HEADER_SIZE + strings, BTF_HEADER_SIZE + strings + stringsSize]],
  };
}

function wordsIn(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: (end - start) >> 2 }, (_, i) => start + i * 4);
}

const INTERESTING = [0, 1, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

/** Names that are more than names to JavaScript, C, a terminal or the reader of a path. */
const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '"];globalThis.broken=1;//',
  '`;globalThis.broken=1;`',
  "');globalThis.broken=1;('",
  '*/ int broken; /*',
  'a\\u0022\n#include "x"',
  '\x1b[2J\r',
  '../../x',
  '?.maps',
  '.struct_ops',
  'maps',
  '\xff\xfe',
  '',
].map((name) => Uint8Array.from(name, (char) => char.charCodeAt(0)));

/** mulberry32: numbers below `limit` that depend on the seed alone. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** One of the originals, damaged in one to four places; the seed decides all of it. */
export function damaged(originals: readonly Original[], seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const pick = <T>(from: ArrayLike<T>): T => from[random(from.length)]!;
  const { bytes, littleEndian, words, strings } = pick(originals);
  const file = bytes.slice();
  const view = new DataView(file.buffer);
  const field = (): number => pick(pick(words));

  const damages: readonly (() => void)[] = [
    // A field at one of the limits, or as large as the file.
    () =>
      view.setUint32(field(), random(4) === 0 ? file.length - random(9) : pick(INTERESTING), littleEndian),
    // Near its present value: sizes off by one, offsets within their neighbour.
    () => {
      const at = field();
      view.setUint32(at, view.getUint32(at, littleEndian) + random(33) - 16, littleEndian);
    },
    // A small number: another type, section or symbol; types come to lie within themselves.
    () => view.setUint32(field(), random(64), littleEndian),
    // What another field of the same structure holds.
    () => {
      const part = pick(words);
      view.setUint32(pick(part), view.getUint32(pick(part), littleEndian), littleEndian);
    },
    // A part of a field: kinds and lengths, opcodes and registers.
    () => {
      file[field() + random(4)] = random(3) === 0 ? pick(INTERESTING) : random(256);
    },
    // Another name, over what follows if that is shorter.
    () => {
      const [start, end] = pick(strings);
      const before = file.subarray(0, end).indexOf(0, start + random(end - start));
      file.set(pick(HOSTILE_NAMES).subarray(0, Math.max(0, end - before - 2)), before + 1);
    },
    // Blindly: a bit, a stretch from elsewhere.
    () => {
      file[random(file.length)]! ^= 1 << random(8);
    },
    () => {
      const size = (random(16) + 1) * 8;
      file.copyWithin(random(file.length - size), random(file.length - size), size);
    },
  ];
  for (let count = 1 + random(4); count > 0; count--) pick(damages)();
  return random(16) === 0 ? file.subarray(0, random(file.length)) : file;
}
