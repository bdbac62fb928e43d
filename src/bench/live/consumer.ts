import { Child } from '../child.ts';
import { onCpu } from './cpus.ts';

/**
 * How records are read: `count` waits for them and counts them; `busy` looks again and again instead of waiting;
 * `latency` notes how late each is; `latency-look` looks every {@link LOOK_EVERY_MS} while it waits; `latency-worker` has a
 * worker thread drain the ring; `perf` is `count` for a perf buffer whose reader is woken by each record,
 * `perf-sampled` by every {@link BATCH}th; `back-to-back` has each burst sent by itself, once it has read the last.
 */
export type Mode =
  | 'count'
  | 'busy'
  | 'latency'
  | 'latency-look'
  | 'latency-worker'
  | 'perf'
  | 'perf-sampled'
  | 'back-to-back';

/** Records of a burst, as in the kernel's benchmark. */
export const BATCH = 500;

/** Pages of a perf buffer on each CPU: 4 MiB. */
export const PERF_PAGES = 1024;

/** A perf buffer's reader that is woken by every so many records looks for fewer as often as this. */
export const LOOK_MS = 100;

/** Milliseconds between the looks of mode `latency-look`. */
export const LOOK_EVERY_MS = 20;

/** What a consumer has read. */
export interface Consumed {
  /** Those before the record that ended it. */
  readonly records: number;
  /** CPU time of its process meanwhile. */
  readonly cpuNs: number;
  /** When the last of them was read, in nanoseconds of CLOCK_MONOTONIC. */
  readonly endNs: number;
  /** Of the modes `latency…`: microseconds from the program to the handler. */
  readonly latency?: Latency;
}

/** Quantiles. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly 'p99.9': number;
  readonly most: number;
}

/**
 * A process that reads a ring or perf buffer, on a CPU of its own: `… MAP_ID MODE [PROGRAM_ID]`. At a line it reads until
 * the record of value 0, or in mode `back-to-back`, which runs the program itself, for as many milliseconds as the
 * line says.
 */
export class Consumer {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** @throws Error when it cannot be started. */
  static async start(
    name: string,
    command: readonly string[],
    options: { mapId: number; mode: Mode; cpu: number; programId?: number | undefined },
  ): Promise<Consumer> {
    const { mapId, mode, cpu, programId } = options;
    const args = [mapId, mode, ...(programId === undefined ? [] : [programId])].map(String);
    return new Consumer(await Child.start(`${name}, ${mode}`, onCpu(cpu, [...command, ...args])));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Has it read. */
  consume(ms = 0): Promise<Consumed> {
    return this.#child.ask(String(ms));
  }

  /** Ends the process. */
  close(): void {
    this.#child.close();
  }
}
