import { type BpfObject, type RingTypes, vmlinuxBtf } from '../../kernel/index.ts';
import type { RingBuffer } from '../../ringbuf/index.ts';
import { loadAttached } from '../attach.ts';
import { wallClock } from '../clock.ts';
import { type ExecFilter, execObject } from './program.ts';
import { ARGS_SIZE, type ExecRecord } from './record.ts';

/** A program that was started, or that could not be. */
export interface ExecEvent {
  /** When, by the wall clock. */
  readonly time: Date;
  /** Seconds since the tracer began. */
  readonly elapsed: number;
  /** The process: what `ps` calls PID. */
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  /** The task's name: of the new program, cut to 15 bytes by the kernel. */
  readonly comm: string;
  /** Whole path as it was given to execve. */
  readonly filename: string;
  /** Arguments, the program's own name first. */
  readonly args: readonly string[];
  /** There were more arguments than `args` holds. */
  readonly argsCut: boolean;
  /** 0, or `-errno` of a failed exec. */
  readonly ret: number;
  /** Id of its cgroup in the cgroup v2 hierarchy. */
  readonly cgroupId: bigint;
}

/** Options of {@link execsnoop}. */
export interface ExecsnoopOptions extends ExecFilter {
  /** Failed execs too. This hooks the end of every system call of the machine (about 100 ns each). */
  readonly failed?: boolean;
  /** Most arguments per event. Default 20. */
  readonly maxArgs?: number;
  /** Only events whose `comm` or file name matches. */
  readonly name?: RegExp | undefined;
  /** Only events one of whose arguments matches. */
  readonly line?: RegExp | undefined;
  /** Size of the ring in bytes: a power of two. Default 256 KiB. */
  readonly bufferSize?: number;
}

export const DEFAULT_BUFFER_SIZE: number = 256 * 1024;
export const DEFAULT_MAX_ARGS = 20;

/**
 * Traces execs until it is closed.
 *
 * @throws what {@link load} and attaching throw.
 * @example
 * ```ts
 * const tracer = await execsnoop();
 * for await (const batch of tracer.batches()) for (const { pid, filename } of batch) console.log(pid, filename);
 * ```
 */
export async function execsnoop(options: ExecsnoopOptions = {}): Promise<ExecTracer> {
  const maxArgs = options.maxArgs ?? DEFAULT_MAX_ARGS;
  const spec = execObject(vmlinuxBtf(), {
    filter: options,
    failed: options.failed ?? false,
    maxArgs,
    ringSize: options.bufferSize ?? DEFAULT_BUFFER_SIZE,
  });
  const object = await loadAttached<{ events: ExecRecord }>(spec);
  return new ExecTracer(object, { maxArgs, name: options.name, line: options.line });
}

/** A running exec tracer. */
export class ExecTracer implements AsyncDisposable {
  readonly #object: BpfObject<RingTypes<{ events: ExecRecord }>>;
  readonly #options: { maxArgs: number; name: RegExp | undefined; line: RegExp | undefined };
  /** `CLOCK_MONOTONIC` at the start, in nanoseconds. */
  readonly #started = process.hrtime.bigint();
  readonly #wallClock = wallClock();

  /** @internal */
  constructor(
    object: BpfObject<RingTypes<{ events: ExecRecord }>>,
    options: { maxArgs: number; name: RegExp | undefined; line: RegExp | undefined },
  ) {
    this.#object = object;
    this.#options = options;
  }

  /** Events as they come, in batches. */
  async *batches(options: { signal?: AbortSignal } = {}): AsyncGenerator<readonly ExecEvent[]> {
    const { name, line } = this.#options;
    for await (const batch of this.ring.batches(options)) {
      const events = batch.map((record) => this.#event(record));
      yield events.filter(
        (e) =>
          (name === undefined || name.test(e.comm) || name.test(e.filename)) &&
          (line === undefined || e.args.some((arg) => line.test(arg))),
      );
    }
  }

  /** The ring that the events come through. */
  get ring(): RingBuffer<ExecRecord> {
    return this.#object.rings.events;
  }

  /** Execs that went unseen so far: no room in the ring, or the program was running on that CPU already. */
  lost(): bigint {
    const skipped = Object.values(this.#object.programs).map((program) => program.info().recursionMisses);
    return skipped.reduce((sum, misses) => sum + misses, this.ring.stats().dropped ?? 0n);
  }

  /** Detaches and frees everything; ends a running loop. */
  close(): Promise<void> {
    return this.#object.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #event(record: ExecRecord): ExecEvent {
    const { filenameSize, argsSize, data } = record;
    const args = split(data.subarray(filenameSize, filenameSize + argsSize));
    const { maxArgs } = this.#options;
    return {
      time: this.#wallClock(record.time),
      elapsed: Number(record.time - this.#started) / 1e9,
      pid: record.pid,
      ppid: record.ppid,
      uid: record.uid,
      comm: record.comm,
      filename: decode(data.subarray(0, Math.max(0, filenameSize - 1))),
      args: args.slice(0, maxArgs),
      argsCut: args.length > maxArgs || argsSize >= ARGS_SIZE,
      ret: record.ret,
      cgroupId: record.cgroup,
    };
  }
}

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The strings of a run of NUL-terminated strings. */
function split(bytes: Uint8Array): string[] {
  const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  return bytes.length === 0 ? [] : decode(bytes.subarray(0, end)).split('\0');
}
