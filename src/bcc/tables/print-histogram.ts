import { ArgumentError } from '../../errors/index.ts';
import { histogramLines, linearRows, log2Rows } from '../histogram.ts';

/** Options of `printLog2Hist()` and `printLinearHist()`; those about sections matter where keys are structs. */
export interface HistogramOptions<K> {
  /** What a section's value is called: `operation = read`. */
  readonly sectionHeader?: string;
  /** Prints a section's value. */
  readonly sectionPrintFn?: (bucket: Bucket<K>) => string;
  /** Sections by another value than the one that the key has. */
  readonly bucketFn?: (bucket: Bucket<K>) => Bucket<K>;
  /** The order of the sections. */
  readonly bucketSortFn?: (buckets: Bucket<K>[]) => Bucket<K>[];
}

/** The first field of a key. */
// biome-ignore lint/suspicious/noExplicitAny: which field is first is known to the text in C alone.
type Bucket<K> = K extends number | bigint ? never : any;

/** The counts of a table, drawn. @throws ArgumentError for keys that are neither slots nor pairs with one. */
export function histogramText<K>(
  scale: 'log2' | 'linear',
  valType: string,
  counts: Iterable<[K, bigint]>,
  options: HistogramOptions<K>,
): string {
  const { sectionHeader = 'Bucket ptr', sectionPrintFn = String, bucketFn = (b) => b } = options;
  const sections = new Map<unknown, Map<number, bigint>>();
  for (const [key, count] of counts) {
    const [bucket, slot] = split(key);
    if (count === 0n) continue;
    const of = bucket === undefined ? undefined : identity(bucketFn(bucket as Bucket<K>));
    const slots = sections.get(of) ?? new Map<number, bigint>();
    sections.set(of, slots.set(slot, (slots.get(slot) ?? 0n) + count));
  }
  const draw = (slots: ReadonlyMap<number, bigint>): string[] =>
    histogramLines(valType, scale === 'log2' ? log2Rows(slots) : linearRows(slots));
  const plain = sections.get(undefined);
  if (plain !== undefined) return draw(plain).join('\n');
  const buckets = options.bucketSortFn?.([...sections.keys()] as Bucket<K>[]) ?? [...sections.keys()];
  return buckets
    .flatMap((bucket) => [
      '',
      `${sectionHeader} = ${sectionPrintFn(bucket as Bucket<K>)}`,
      ...draw(sections.get(bucket)!),
    ])
    .join('\n');
}

/** A key is a slot, or a struct of two fields: what it is about, and the slot. Padding is no field. */
function split(key: unknown): [bucket: unknown, slot: number] {
  if (typeof key === 'number' || typeof key === 'bigint') return [undefined, Number(key)];
  const [bucket, slot, ...more] = Object.values((key ?? {}) as object);
  if ((typeof slot !== 'number' && typeof slot !== 'bigint') || more.length > 0) {
    throw new ArgumentError({
      message: 'the keys of the table are neither slots of a histogram nor structs of a value and a slot',
      remedy: 'Draw a BPF_HISTOGRAM whose key is an int, or a struct with two fields, the slot last.',
    });
  }
  return [bucket, Number(slot)];
}

/** Buckets that are structs are one where they look the same. */
function identity(bucket: unknown): unknown {
  if (typeof bucket !== 'object' || bucket === null) return bucket;
  return JSON.stringify(bucket, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
