import { ObjectFormatError } from '../errors/index.ts';
import type { Header } from './header.ts';
import { HOST_LITTLE_ENDIAN } from './memory.ts';
import { type BtfKindName, KINDS } from './types.ts';
import { EACH_WORDS, ONCE_WORDS, TYPE_WORDS } from './wire.ts';

/** The type section of a BTF blob as words, and where in it each type's record starts. Types count from 0 here. */
export class TypeSection {
  /** The section in the byte order of this machine: the blob's own memory where that is possible. */
  readonly words: Uint32Array;
  /** First word of each record. */
  readonly starts: Uint32Array;
  readonly #offset: number;

  /**
   * Walks the section without decoding it.
   *
   * @param nameLimit first name offset that is out of range.
   * @throws ObjectFormatError at the first record that is of no known kind or does not fit.
   */
  constructor(bytes: Uint8Array, header: Header, nameLimit: number, what: string) {
    this.words = wordsOf(bytes.subarray(header.types, header.typesEnd), header.littleEndian);
    this.#offset = header.types;
    this.starts = findStarts(this.words, nameLimit, (word, expected) => {
      return new ObjectFormatError({ what, offset: header.types + word * 4, expected });
    });
  }

  get count(): number {
    return this.starts.length;
  }

  /** Index of the record's first word; `undefined` when there is no such type. */
  start(index: number): number | undefined {
    return this.starts[index];
  }

  /** Offset in bytes, within the blob, of a word of the section. */
  position(word: number): number {
    return this.#offset + word * 4;
  }

  kind(index: number): BtfKindName {
    return KINDS[(this.words[this.starts[index]! + 1]! >>> 24) & 0x1f]!;
  }

  nameOffset(index: number): number {
    return this.words[this.starts[index]!]!;
  }
}

function wordsOf(bytes: Uint8Array, littleEndian: boolean): Uint32Array {
  if (littleEndian === HOST_LITTLE_ENDIAN) {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, littleEndian));
}

function findStarts(
  words: Uint32Array,
  nameLimit: number,
  fail: (word: number, expected: string) => ObjectFormatError,
): Uint32Array {
  const starts = new Uint32Array(Math.floor(words.length / TYPE_WORDS));
  let count = 0;
  let at = 0;
  while (at < words.length) {
    if (at + TYPE_WORDS > words.length) throw fail(at, `a type of ${TYPE_WORDS * 4} bytes`);
    const info = words[at + 1]!;
    const kind = (info >>> 24) & 0x1f;
    if (kind === 0 || kind >= KINDS.length) {
      throw fail(at + 1, `a kind of 1 to ${KINDS.length - 1}, not ${kind}`);
    }
    const end = at + TYPE_WORDS + ONCE_WORDS[kind]! + EACH_WORDS[kind]! * (info & 0xffff);
    if (end > words.length) throw fail(at, `a ${KINDS[kind]} of ${(end - at) * 4} bytes to fit its section`);
    if (words[at]! >= nameLimit) throw fail(at, `a name offset below ${nameLimit}`);
    starts[count++] = at;
    at = end;
  }
  return starts.slice(0, count);
}
