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
/** Longest text that is made byte by byte. */
const MAX_SHORT = 32;
/** Number of texts in a cache: a power of two. */
const SLOTS = 512;

/** 2^32 divided by the golden ratio: its multiples spread well over the highest bits. */
const HASH = 0x9e3779b1;

interface Cache {
  /** The words of each text: those without a NUL, then one whose bytes from the NUL on are zero. */
  readonly keys: Int32Array;
  readonly texts: string[];
  /** By slot, the hash of the latest text that was not found there. */
  readonly asked: Int32Array;
}

/** By the number of words of the array. */
const caches = new Map<number, Cache>();

/**
 * A reader for arrays of `length` bytes at multiples of 4, for a little-endian machine. The same few names come
 * again and again, and making a string costs several times what finding it costs, so texts are cached. A text is
 * put into the cache when it is asked for twice: where each one is new, nothing is written but a hash, and no
 * text that comes often is lost to one that comes once.
 *
 * The caches are bounded for the whole process, however many decoders there are: arrays of the same number of
 * words share one, so there are 16 of at most 512 × (64 bytes of key + 64 characters), about 1 MiB. The hash
 * of a text gives it one slot, and a new text takes the slot from the old: nothing is searched, nothing grows.
 *
 * @throws EvalError where generating code is forbidden.
 */
export function cachedTextReader(length: number): TextReader {
  const words = Math.min(length >>> 2, MAX_WORDS);
  if (words === 0) return ({ bytes }, offset) => readText(bytes, offset, offset + length);
  const { keys, texts, asked } = cacheFor(words);
  shortText ??= generateShortText();
  const short = shortText;

  return ({ i32, bytes }, offset) => {
    const first = offset >>> 2;
    let full = 0;
    let last = 0;
    let nul = 0;
    let hash = 0;
    let all = 0;
    do {
      last = i32[first + full]!;
      // The lowest bit set is bit 7 of the first NUL byte; higher ones may be false.
      nul = (last - 0x01010101) & ~last & 0x80808080;
      if (nul !== 0) last &= ((nul & -nul) >>> 7) - 1;
      hash = Math.imul(hash ^ last, HASH);
      all |= last;
    } while (nul === 0 && ++full < words);
    if (full === words && words * 4 < length) return readText(bytes, offset, offset + length);

    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const key = slot * words;
    // A word with a NUL equals no word without one: a key that agrees so far also ends here.
    let same = full === words || keys[key + full] === last;
    for (let i = 0; same && i < full; i++) same = keys[key + i] === i32[first + i];
    if (same) return texts[slot]!;

    const size = full * 4 + (nul === 0 ? 0 : (31 - Math.clz32(nul & -nul)) >>> 3);
    const isShortAscii = (all & 0x80808080) === 0 && size <= MAX_SHORT;
    const text = isShortAscii ? short(bytes, offset, size) : readText(bytes, offset, offset + length);
    if (asked[slot] !== hash) {
      asked[slot] = hash;
      return text;
    }
    for (let i = 0; i < full; i++) keys[key + i] = i32[first + i]!;
    if (full < words) keys[key + full] = last;
    texts[slot] = text;
    return text;
  };
}

type ShortText = (bytes: Uint8Array, offset: number, length: number) => string;
let shortText: ShortText | undefined;

/**
 * The text of at most {@link MAX_SHORT} ASCII bytes. One call of `fromCharCode` with all of them takes 40 to 120 ns,
 * a TextDecoder 150 to 290.
 */
function generateShortText(): ShortText {
  const cases = Array.from({ length: MAX_SHORT + 1 }, (_, length) => {
    const codes = Array.from({ length }, (_, i) => `bytes[offset + ${i}]`);
    return `case ${length}: return fromCharCode(${codes.join(', ')});`;
  });
  const source = `const { fromCharCode } = String;
    return (bytes, offset, length) => { switch (length) { ${cases.join('\n')} } };`;
  return new Function(source)() as ShortText;
}

/**
 * A first, quicker look for texts of one length: by all words of the array, with what lies behind the NUL. Of one
 * text with other bytes behind it every copy has a place of its own, but text by text the generated code that looks
 * here has no branch to mispredict. Bounded as the caches above are, and shared like them: 16 of at most 1024 × (64 bytes
 * of key + 64 characters), with their indexes about 3 MiB.
 */
export interface TextTable {
  readonly words: number;
  /**
   * By the highest bits of a hash, which entry may have the text. The entries lie close together, those in use fit the
   * processor's nearest cache, and many more slots than entries make it rare that two texts want one slot.
   */
  readonly entries: Uint16Array;
  /** The words of each entry. The first one's are all zero and its text is empty, which is right. */
  readonly keys: Int32Array;
  readonly texts: string[];
  /** Reads a text that is not in its entry, and gives it one when it is asked for twice. */
  readonly miss: (memory: RecordMemory, offset: number, hash: number) => string;
}

const tables = new Map<number, TextTable>();

/** `2 ** (32 - TABLE_SHIFT)` slots: the highest bits of a hash are its best. */
export const TABLE_SHIFT = 20;
const ENTRIES = 1024;

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
    table = createTable(words);
    tables.set(words, table);
  }
  return table;
}

function createTable(words: number): TextTable {
  const slots = 2 ** (32 - TABLE_SHIFT);
  const entries = new Uint16Array(slots);
  const asked = new Int32Array(slots);
  const keys = new Int32Array(words * ENTRIES);
  const texts = emptyTexts(ENTRIES);
  const read = cachedTextReader(words * 4);
  let latest = 0;
  const miss: TextTable['miss'] = (memory, offset, hash) => {
    const text = read(memory, offset);
    const slot = hash >>> TABLE_SHIFT;
    if (asked[slot] !== hash) {
      asked[slot] = hash;
      return text;
    }
    // The oldest entry is used anew. A slot that still leads there finds other words.
    latest = (latest % (ENTRIES - 1)) + 1;
    for (let i = 0; i < words; i++) keys[latest * words + i] = memory.i32[(offset >>> 2) + i]!;
    texts[latest] = text;
    entries[slot] = latest;
    return text;
  };
  return { words, entries, keys, texts, miss };
}

function cacheFor(words: number): Cache {
  let cache = caches.get(words);
  if (cache === undefined) {
    // All keys zero and all texts empty: every slot is right from the start.
    cache = { keys: new Int32Array(words * SLOTS), texts: emptyTexts(SLOTS), asked: new Int32Array(SLOTS) };
    caches.set(words, cache);
  }
  return cache;
}

/** Not `new Array(count).fill('')`, whose every element V8 would always check for being there. */
function emptyTexts(count: number): string[] {
  return Array.from({ length: count }, () => '');
}
