import type { BpfObject, RingTypes } from '../../kernel/index.ts';
import type { RingBuffer } from '../../ringbuf/index.ts';
import { loadAttached } from '../attach.ts';
import { wallClock } from '../clock.ts';
import { TraceFields } from './fields.ts';
import { compileFilter } from './filter/check.ts';
import { type EventFilter, streamObject } from './program.ts';
import {
  type DecodedRecord,
  eventReader,
  type RecordLayout,
  streamLayout,
  type TraceEvent,
} from './record.ts';
import { parseTarget, type TraceTarget } from './target.ts';

/** What is traced, and which of its events; all that is given must hold. */
export interface TraceSelection {
  /** `tracepoint:CATEGORY:NAME` (or `CATEGORY:NAME`), `raw_tracepoint:NAME`, `tp_btf:NAME`. */
  readonly target: string;
  /**
   * A condition over the tracepoint's fields, which the kernel evaluates: `pid != 1 && comm == "sh"`. It knows `== != < <= > >=`,
   * `&& || !`, `( )`, `field & mask` (true when a bit is set), `=~ "prefix*"`, numbers in decimal and hexadecimal.
   */
  readonly filter?: string | undefined;
  /** Only this process; checked apart from `filter`, whose `pid` may be the tracepoint's own. */
  readonly pid?: number | undefined;
}

/** Options of {@link trace}. */
export interface TraceOptions extends TraceSelection {
  /**
   * What events hold: fields of the tracepoint, paths into its arguments (`task.real_parent.tgid`; not for `tracepoint:`), and the
   * built-ins `time`, `ns` (CLOCK_MONOTONIC), `pid` (the process), `tid`, `ppid`, `uid`, `comm`, `cgroup` (id), `cpu`. A field of the
   * tracepoint hides the built-in of its name. Default: `time`, `pid`, `comm`, and all of the tracepoint's own.
   */
  readonly fields?: readonly string[] | undefined;
  /** Size of the ring in bytes: a power of two. Default 256 KiB. */
  readonly bufferSize?: number | undefined;
}

/** Size of a tracer's ring in bytes unless told otherwise. */
export const DEFAULT_TRACE_BUFFER: number = 256 * 1024;

/** A field of the events of a tracer. */
export interface TraceColumn {
  readonly name: string;
  /** As C writes it, such as `pid_t` or `char[16]`. */
  readonly type: string;
  /** `number`, `pointer` and `cgroup` (its id) come as number or bigint, `time` as Date, `array` as bytes or array of numbers. */
  readonly shownAs: 'number' | 'bool' | 'pointer' | 'time' | 'cgroup' | 'text' | 'array';
  /** Most bytes of its value in the kernel. */
  readonly size: number;
}

/** A tracepoint with what was asked of it, before anything is loaded. */
export interface Selected {
  readonly section: string;
  readonly fields: TraceFields;
  readonly filter: EventFilter;
}

/** @throws what {@link trace} throws before it loads anything. */
export function select({ target: text, filter, pid }: TraceSelection): Selected {
  const target = parseTarget(text);
  const fields = TraceFields.open(target);
  const condition = filter === undefined ? undefined : compileFilter(filter, (name) => fields.find(name));
  return { section: sectionOf(target), fields, filter: { filter: condition, pid } };
}

function sectionOf(target: TraceTarget): string {
  return target.kind === 'tracepoint'
    ? `tracepoint/${target.category}/${target.name}`
    : `${target.kind}/${target.name}`;
}

/**
 * Traces a tracepoint until it is closed: a program made on the spot, with no compiler, sends the chosen fields of each event
 * that passes the filter through a ring.
 *
 * @throws NotFoundError for a tracepoint or field that does not exist, with the nearest names; CompileError for a wrong filter;
 *   ArgumentError, PermissionError, NotSupportedError, BpfSyscallError.
 * @example
 * ```ts
 * const tracer = await trace({ target: 'sched:sched_process_exec', fields: ['pid', 'filename'], filter: 'pid != 1' });
 * for await (const batch of tracer.batches()) for (const { pid, filename } of batch) console.log(pid, filename);
 * ```
 */
export async function trace(options: TraceOptions): Promise<Tracer> {
  const { section, fields, filter } = select(options);
  const names = options.fields === undefined ? undefined : [...new Set(options.fields)];
  const chosen = names?.map((name) => fields.find(name)) ?? fields.defaults;
  const layout = streamLayout(chosen);
  const spec = streamObject(section, layout, filter, options.bufferSize ?? DEFAULT_TRACE_BUFFER);
  return new Tracer(await loadAttached(spec), columnsOf(layout), eventReader(layout, wallClock()));
}

/** The fields of a record, for those who show them. */
export function columnsOf({ slots }: RecordLayout): TraceColumn[] {
  return slots.map(({ field, size }) => {
    const shownAs = field.kind === 'int' ? field.shownAs : field.kind;
    return { name: field.name, type: field.type, shownAs, size };
  });
}

/** The sum of a count over all CPUs. */
export function sumCounts(values: readonly Uint8Array[] = []): bigint {
  return values.reduce((sum, bytes) => sum + new BigUint64Array(bytes.slice().buffer)[0]!, 0n);
}

/** An attached program of this tool, with the maps that go with it. */
export abstract class Attached<Rings extends object = object> implements AsyncDisposable {
  readonly #object: BpfObject<RingTypes<Rings>>;

  constructor(object: BpfObject<RingTypes<Rings>>) {
    this.#object = object;
  }

  protected get object(): BpfObject<RingTypes<Rings>> {
    return this.#object;
  }

  /** Events that were not recorded so far: no room for them, or the program was running on that CPU already. */
  lost(): bigint {
    const { maps, programs } = this.#object;
    const dropped = sumCounts(maps['dropped']!.perCpu.lookup(new Uint8Array(4)));
    return dropped + programs['trace']!.info().recursionMisses;
  }

  /** Detaches and frees everything; ends a running loop. */
  close(): Promise<void> {
    return this.#object.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A running tracer; see {@link trace}. */
export class Tracer extends Attached<{ events: DecodedRecord }> {
  /** The fields of its events, in order. */
  readonly columns: readonly TraceColumn[];
  readonly #read: (record: DecodedRecord) => TraceEvent;

  /** @internal */
  constructor(
    object: BpfObject<RingTypes<{ events: DecodedRecord }>>,
    columns: readonly TraceColumn[],
    read: (record: DecodedRecord) => TraceEvent,
  ) {
    super(object);
    this.columns = columns;
    this.#read = read;
  }

  /** Events as they come, in batches. */
  async *batches(options: { signal?: AbortSignal } = {}): AsyncGenerator<readonly TraceEvent[]> {
    for await (const batch of this.object.rings.events.batches(options)) yield batch.map(this.#read);
  }

  /** The ring that the events come through. */
  get ring(): RingBuffer<unknown> {
    return this.object.rings.events;
  }
}
