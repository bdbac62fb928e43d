import { createDecoder, recordMemory } from '../../btf/index.ts';
import { ArgumentError } from '../../errors/index.ts';
import type { BpfObject } from '../../kernel/index.ts';
import { loadAttached } from '../attach.ts';
import { wallClock } from '../clock.ts';
import { countByObject, countObject, histogramObject, NEGATIVE_SLOT } from './program.ts';
import { type DecodedRecord, eventReader, keyLayout, type RecordLayout, type TraceEvent } from './record.ts';
import { Attached, columnsOf, select, sumCounts, type TraceColumn, type TraceSelection } from './tracer.ts';

/** How many events had these values. */
export interface CountRow {
  readonly key: TraceEvent;
  readonly count: bigint;
}

/** How many events had a number from `low` to `high`. */
export interface HistogramRow {
  readonly low: bigint;
  readonly high: bigint;
  readonly count: bigint;
}

/** Keys that a count has room for; events with others are counted as lost. */
const MAX_KEYS = 10_240;

/** Options of {@link traceCount}. */
export interface TraceCountOptions extends TraceSelection {
  /** Fields, as in `TraceOptions`. Without any, all events are counted together. */
  readonly by?: readonly string[] | undefined;
}

/**
 * Counts events in the kernel, by the values of some fields or all together. Texts are cut at 255 bytes.
 *
 * @throws what `trace()` throws.
 * @example
 * ```ts
 * const counts = await traceCount({ target: 'raw_syscalls:sys_enter', by: ['comm'] });
 * // …
 * for (const { key, count } of counts.read()) console.log(key.comm, count);
 * ```
 */
export async function traceCount(options: TraceCountOptions): Promise<TraceCount> {
  const { section, fields, filter } = select(options);
  const by = [...new Set(options.by)].map((name) => fields.find(name));
  if (by.length === 0)
    return new TraceCount(await loadAttached(countObject(section, filter)), [], () => ({}));
  const layout = keyLayout(by);
  const object = await loadAttached(countByObject(section, layout, filter, MAX_KEYS));
  return new TraceCount(object, columnsOf(layout), keyReader(layout));
}

function keyReader(layout: RecordLayout): (key: Uint8Array) => TraceEvent {
  const { btf, id } = layout.type;
  const decoder = createDecoder<DecodedRecord>(btf, id);
  const read = eventReader(layout, wallClock());
  return (key) =>
    read(decoder.decode(recordMemory(key.buffer as ArrayBuffer, key.byteOffset, key.length), 0));
}

/** A running count; see {@link traceCount}. */
export class TraceCount extends Attached {
  /** The fields of its keys, in order. */
  readonly columns: readonly TraceColumn[];
  readonly #decode: (key: Uint8Array) => TraceEvent;

  /** @internal */
  constructor(object: BpfObject, columns: readonly TraceColumn[], decode: (key: Uint8Array) => TraceEvent) {
    super(object);
    this.columns = columns;
    this.#decode = decode;
  }

  /** The counts since the start, in no order. */
  read(): CountRow[] {
    const counts = this.object.maps['counts']!;
    return [...counts.perCpu.entries()].map(([key, values]) => ({
      key: this.#decode(key),
      count: sumCounts(values),
    }));
  }
}

/** Options of {@link traceHistogram}. */
export interface TraceHistogramOptions extends TraceSelection {
  /** A number; as in `TraceOptions`. */
  readonly field: string;
}

/**
 * Counts events in the kernel by the power of two of one of their numbers.
 *
 * @throws what `trace()` throws; ArgumentError when the field is not a number.
 * @example
 * ```ts
 * const sizes = await traceHistogram({ target: 'kmem:kmalloc', field: 'bytes_alloc' });
 * // …
 * for (const { low, high, count } of sizes.read()) console.log(low, high, count);
 * ```
 */
export async function traceHistogram(options: TraceHistogramOptions): Promise<TraceHistogram> {
  const { section, fields, filter } = select(options);
  const field = fields.find(options.field);
  if (field.kind !== 'int') {
    throw new ArgumentError({
      message: `a histogram is made of numbers, and "${field.name}" is of type ${field.type}`,
      remedy: `Count its values instead: --count ${field.name}`,
    });
  }
  return new TraceHistogram(await loadAttached(histogramObject(section, field, filter)));
}

/** A running histogram; see {@link traceHistogram}. */
export class TraceHistogram extends Attached {
  /** The counts since the start by rising numbers: those below 0, then 0 to 1, 2 to 3, 4 to 7, …, 2^63 to 2^64 − 1. */
  read(): HistogramRow[] {
    const counts = this.object.maps['counts']!;
    const countAt = (slot: number): bigint =>
      sumCounts(counts.perCpu.lookup(new Uint8Array(Uint32Array.of(slot).buffer)));
    const rows: HistogramRow[] = [{ low: -(1n << 63n), high: -1n, count: countAt(NEGATIVE_SLOT) }];
    for (let slot = 0; slot < NEGATIVE_SLOT; slot++) {
      const low = slot === 0 ? 0n : 1n << BigInt(slot);
      rows.push({ low, high: (1n << BigInt(slot + 1)) - 1n, count: countAt(slot) });
    }
    return rows;
  }
}
