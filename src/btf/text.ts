import type { RecordMemory } from './memory.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of the bytes from `offset` up to the first NUL or `end`. Invalid UTF-8 becomes U+FFFD. */
export function readText(bytes: Uint8Array, offset: number, end: number): string {
  let stop = offset;
  while (stop < end && bytes[stop] !== 0) stop++;
  return decoder.decode(bytes.subarray(offset, stop));
}

/** Reads the text of a `char` array that starts at `offset`. */
export type TextReader = (memory: RecordMemory, offset: number) => string;

/** Longest text that is cached, in words of 4 bytes. */
const MAX_WORDS = 16;
/** Number of texts in a cache: a power of two. */
const SLOTS = 512;

/** 2^32 divided by the golden ratio: its multiples spread well over the highest bits. */
const HASH = 0x9e3779b1;

interface Cache {
  /** The words of each text: those without a NUL, then one whose bytes from the NUL on are zero. */
  readonly keys: Int32Array;
  readonly texts: string[];
}

/** By the number of words of the array. */
const caches = new Map<number, Cache>();

/**
 * A reader for arrays of `length` bytes at multiples of 4, for a little-endian machine. The same few names come
 * again and again, and making a string costs several times what finding it costs, so texts are cached.
 *
 * The caches are bounded for the whole process, however many decoders there are: arrays of the same number of
 * words share one, so there are 16 of at most 512 × (64 bytes of key + 64 characters), about 1 MiB. The hash
 * of a text gives it one slot, and a new text takes the slot from the old: nothing is searched, nothing grows.
 */
export function cachedTextReader(length: number): TextReader {
  const words = Math.min(length >>> 2, MAX_WORDS);
  if (words === 0) return ({ bytes }, offset) => readText(bytes, offset, offset + length);
  const { keys, texts } = cacheFor(words);

  return ({ i32, bytes }, offset) => {
    const first = offset >>> 2;
    let full = 0;
    let last = 0;
    let hash = 0;
    do {
      last = i32[first + full]!;
      // The lowest bit set is bit 7 of the first NUL byte; higher ones may be false.
      const nul = (last - 0x01010101) & ~last & 0x80808080;
      if (nul !== 0) {
        last &= ((nul & -nul) >>> 7) - 1;
        hash = Math.imul(hash ^ last, HASH);
        break;
      }
      hash = Math.imul(hash ^ last, HASH);
    } while (++full < words);
    if (full === words && words * 4 < length) return readText(bytes, offset, offset + length);

    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const key = slot * words;
    // A word with a NUL equals no word without one: a key that agrees so far also ends here.
    let same = full === words || keys[key + full] === last;
    for (let i = 0; same && i < full; i++) same = keys[key + i] === i32[first + i];
    if (same) return texts[slot]!;

    for (let i = 0; i < full; i++) keys[key + i] = i32[first + i]!;
    if (full < words) keys[key + full] = last;
    const text = readText(bytes, offset, offset + length);
    texts[slot] = text;
    return text;
  };
}

/**
 * A first, quicker look for texts of one length: by all words of the array, with what lies behind the NUL. Of one
 * text with other bytes behind it every copy has a place of its own, but text by text the generated code that looks
 * here has no branch to mispredict. Bounded as the caches above are, and shared like them.
 */
export interface TextTable {
  readonly words: number;
  /** The words of each text; all zero and empty at first, which is right. */
  readonly keys: Int32Array;
  readonly texts: string[];
  /** Reads a text that is not in its slot, and puts it there. */
  readonly miss: (memory: RecordMemory, offset: number, slot: number) => string;
}

const tables = new Map<number, TextTable>();

/** `2 ** (32 - TABLE_SHIFT)` slots: the highest bits of a hash are its best. */
export const TABLE_SHIFT = 22;

/** What word `i` is multiplied by for the hash, the sum of the products: they do not wait for each other. */
export function factor(i: number): number {
  return Math.imul(HASH, 2 * i + 1);
}

/** The table for arrays of `length` bytes; undefined where they are too long or no whole number of words. */
export function textTable(length: number): TextTable | undefined {
  const words = length / 4;
  if (!Number.isInteger(words) || words < 1 || words > MAX_WORDS) return undefined;
  let table = tables.get(words);
  if (table === undefined) {
    const slots = 2 ** (32 - TABLE_SHIFT);
    const keys = new Int32Array(words * slots);
    const texts = new Array<string>(slots).fill('');
    const read = cachedTextReader(length);
    const miss: TextTable['miss'] = (memory, offset, slot) => {
      const { i32 } = memory;
      for (let i = 0; i < words; i++) keys[slot * words + i] = i32[(offset >>> 2) + i]!;
      const text = read(memory, offset);
      texts[slot] = text;
      return text;
    };
    table = { words, keys, texts, miss };
    tables.set(words, table);
  }
  return table;
}

function cacheFor(words: number): Cache {
  let cache = caches.get(words);
  if (cache === undefined) {
    // All keys zero and all texts empty: every slot is right from the start.
    cache = { keys: new Int32Array(words * SLOTS), texts: new Array<string>(SLOTS).fill('') };
    caches.set(words, cache);
  }
  return cache;
}
