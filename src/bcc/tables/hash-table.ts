import { ArgumentError } from '../../errors/index.ts';
import type { BpfMap } from '../../kernel/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { type HistogramOptions, histogramText } from './print-histogram.ts';
import { MapTable } from './table.ts';
import { zeroOf } from './zero.ts';

/**
 * A hash, array or trie: the methods of a `Map`, with BCC's besides.
 *
 * @typeParam V of per-CPU tables, an array with a value for each possible CPU.
 */
export class HashTable<K, V> extends MapTable<K, V> implements Iterable<[K, V]> {
  /** Elements of arrays are always there: they are set to 0 where those of others go away. */
  readonly #isArray: boolean;

  /** @internal */
  constructor(spec: MapSpec, map: BpfMap<K, V>) {
    super(spec, map);
    this.#isArray = spec.type === 'ARRAY' || spec.type === 'PERCPU_ARRAY';
  }

  get(key: K): V | undefined {
    return this.map.lookup(key);
  }

  set(key: K, value: V): this {
    this.map.update(key, value);
    return this;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** Removes a key; of an array, sets its value to 0. @returns whether it was there. */
  delete(key: K): boolean {
    if (!this.#isArray) return this.map.delete(key);
    const value = this.get(key);
    if (value !== undefined) this.map.update(key, zeroOf(value));
    return value !== undefined;
  }

  /** Removes all keys; of an array, sets all values to 0. */
  clear(): void {
    if (this.#isArray) this.zero();
    else this.map.deleteBatch(this.map.keys());
  }

  /** Sets all values to 0. */
  zero(): void {
    this.map.updateBatch([...this.map.entries()].map(([key, value]) => [key, zeroOf(value)] as const));
  }

  /** Keys and values, under the terms of `BpfMap.keys`. */
  items(): Generator<[K, V]> {
    return this.map.entries();
  }

  [Symbol.iterator](): Generator<[K, V]> {
    return this.map.entries();
  }

  keys(): Generator<K> {
    return this.map.keys();
  }

  values(): Generator<V> {
    return this.map.values();
  }

  /** Takes all entries out of the table; see `BpfMap.drain`. */
  drain(): Generator<[K, V]> {
    return this.map.drain();
  }

  /** Keys that are there now: they are counted. */
  get size(): number {
    let size = 0;
    for (const _ of this.map.keys()) size++;
    return size;
  }

  /**
   * Prints a histogram by powers of 2 with `console.log`, from slots that `bpf_log2l()` chose; where keys are structs, one
   * for each value of their first field, with the slot in the second.
   *
   * @param valType what was measured: the title of the first column.
   * @throws ArgumentError for keys and values that are none of a histogram.
   */
  printLog2Hist(valType: string = 'value', options: HistogramOptions<K> = {}): void {
    console.log(histogramText('log2', valType, this.#counts(), options));
  }

  /** As {@link printLog2Hist}, with a row for each slot. */
  printLinearHist(valType: string = 'value', options: HistogramOptions<K> = {}): void {
    console.log(histogramText('linear', valType, this.#counts(), options));
  }

  *#counts(): Generator<[K, bigint]> {
    for (const [key, value] of this.map.entries()) {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      yield [key, values.reduce<bigint>((sum, v) => sum + this.#count(v), 0n)];
    }
  }

  #count(value: unknown): bigint {
    if (typeof value === 'bigint' || typeof value === 'number') return BigInt(value);
    throw new ArgumentError({
      message: `table ${this.name} has values that are no counts`,
      remedy: 'Draw a BPF_HISTOGRAM, or another table of u64.',
    });
  }
}

/** A table with a value for each CPU: `get()` gives an array of them. */
export class PerCpuTable<K, N extends number | bigint> extends HashTable<K, N[]> {
  /** Sum over all CPUs; 0 for a key that is not there. */
  sum(key: K): bigint {
    return this.#numbers(key).reduce((sum, n) => sum + n, 0n);
  }

  /** Mean over all possible CPUs. */
  average(key: K): number {
    const numbers = this.#numbers(key);
    return numbers.length === 0 ? 0 : Number(this.sum(key)) / numbers.length;
  }

  /** Largest value of a CPU. */
  max(key: K): bigint {
    let most = 0n;
    for (const n of this.#numbers(key)) if (n > most) most = n;
    return most;
  }

  #numbers(key: K): bigint[] {
    return (this.get(key) ?? []).map((value) => {
      if (typeof value === 'bigint' || typeof value === 'number') return BigInt(value);
      throw new ArgumentError({
        message: `table ${this.name} has values that are no numbers`,
        remedy: 'Get the values of all CPUs by get(key), and put them together as they need it.',
      });
    });
  }
}
