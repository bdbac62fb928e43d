/**
 * Loads and stores of memory that the kernel writes and reads at the same time, with the order they need.
 *
 * The kernel publishes a record by `smp_store_release(&producer_pos)` and `xchg(&header.len)`, and reads our
 * position by `smp_load_acquire(&consumer_pos)`. The counterparts are acquire loads of the producer position and of each header, and
 * a release store of the consumer position.
 *
 * On x86-64 every load is an acquire and every store a release, so plain accesses do; V8 neither hoists nor merges
 * loads of a typed array across a loop that calls or stores (a test watches this). Elsewhere `Atomics` provides the order, at the price of
 * a call into a builtin (10 to 20 ns).
 */
const TOTAL_STORE_ORDER = process.arch === 'x64' || process.arch === 'ia32';

/** Loads a 32-bit word; later loads stay behind it. */
export function loadAcquire(words: Int32Array, index: number): number {
  return TOTAL_STORE_ORDER ? words[index]! : Atomics.load(words, index);
}

/**
 * Copies words, so that later loads stay behind it. `Atomics` again, word by word, where the processor may load a word of
 * a plain copy after what follows it.
 */
export function copyAcquire(target: Int32Array, source: Int32Array, start: number): void {
  if (TOTAL_STORE_ORDER) target.set(source.subarray(start, start + target.length));
  else for (let i = 0; i < target.length; i++) target[i] = Atomics.load(source, start + i);
}

const fenceWord = new Int32Array(new SharedArrayBuffer(4));

/** Full fence: earlier stores are seen by all processors before later loads are done. */
export function fence(): void {
  Atomics.exchange(fenceWord, 0, 0);
}

const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const scratch = new BigInt64Array(1);
const scratchWords = new Int32Array(scratch.buffer);
const scratchFloat = new Float64Array(scratch.buffer);

/** One 64-bit position in shared memory, as the three views that are needed to store it. */
export interface PositionWord {
  readonly float: Float64Array;
  readonly bigint: BigInt64Array;
}

/**
 * Stores a 64-bit position given as two words, after all earlier loads and stores, and never in two halves: the
 * kernel must not see a low word without its high word.
 *
 * On x86-64 the 64 bits travel as a float, one `movsd` without a BigInt. A position would have to reach 2^62 before
 * its bits could be a NaN, which V8 may rewrite.
 */
export function storeRelease(position: PositionWord, low: number, high: number): void {
  scratchWords[1 - HIGH_WORD] = low;
  scratchWords[HIGH_WORD] = high;
  if (TOTAL_STORE_ORDER) position.float[0] = scratchFloat[0]!;
  else Atomics.store(position.bigint, 0, scratch[0]!);
}
