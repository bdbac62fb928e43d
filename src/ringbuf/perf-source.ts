import { type RecordMemory, recordMemory } from '../btf/index.ts';
import { goesOn, type Handler, type Take } from './handler.ts';
import { LARGEST_SAMPLE, PerfRing } from './perf-ring.ts';
import { type Drain, FIRST_CHUNK, LAST_CHUNK, RecordSource } from './source.ts';

/**
 * The rings of all CPUs, read as one: in rounds, each of which begins with a look at what all rings have, and hands
 * that out by time. Samples are copied out of their rings, where they lie at odd places.
 */
export class PerfSource extends RecordSource {
  readonly parts: readonly PerfRing[];
  readonly memory: RecordMemory = recordMemory(new ArrayBuffer(LARGEST_SAMPLE), 0, LARGEST_SAMPLE);
  readonly offset = 0;
  length = 0;
  /** CPU of the sample that was found last. */
  cpu = -1;
  time = 0;
  /** Rings that have samples left in this round; each has found its next one. */
  readonly #round: PerfRing[] = [];
  #last: PerfRing | undefined;
  #draining = false;
  #closed = false;

  /** @param options.cpus to open a ring for, each. */
  constructor(name: string, options: { cpus: readonly number[]; pages: number; wakeupEvents: number }) {
    super(name);
    const parts: PerfRing[] = [];
    const { pages, wakeupEvents } = options;
    const source = this;
    const rings = {
      name,
      pages,
      wakeupEvents,
      waits: this.waits,
      get closed(): boolean {
        return source.closed;
      },
    };
    try {
      for (const cpu of options.cpus) parts.push(new PerfRing(cpu, rings));
    } catch (error) {
      for (const part of parts) part.close();
      throw error;
    }
    this.parts = parts;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Samples that the kernel had no room for, as far as was read. */
  get lost(): number {
    return this.parts.reduce((sum, part) => sum + part.lost, 0);
  }

  drainer<E>(take: Take<E>): Drain<E> {
    return (handler, max, deadline) => this.#drain(take, handler, max, deadline);
  }

  #drain<E>(take: Take<E>, handler: Handler<E>, max: number, deadline?: number): number {
    let delivered = 0;
    let chunk = FIRST_CHUNK;
    let left = chunk;
    this.#draining = true;
    try {
      // Without a deadline: one round, with what was left of the round before.
      let rounds = deadline === undefined ? 1 : Number.POSITIVE_INFINITY;
      while (delivered < max) {
        if (this.#round.length === 0 && (rounds-- === 0 || !this.#beginRound())) break;
        this.#take();
        delivered++;
        if (!goesOn(handler(take(0, this.length))) || this.#closed) break;
        if (--left > 0) continue;
        this.publish();
        if (deadline !== undefined && performance.now() >= deadline) break;
        chunk = Math.min(chunk * 2, LAST_CHUNK);
        left = chunk;
      }
    } finally {
      this.#draining = false;
      this.publish();
    }
    return delivered;
  }

  next(): boolean {
    this.#last = undefined;
    if (this.#round.length === 0 && !this.#beginRound()) return false;
    this.#take();
    return true;
  }

  putBack(): void {
    if (this.#last === undefined) return;
    this.#last.putBack();
    if (!this.#round.includes(this.#last)) this.#round.push(this.#last);
    this.#last = undefined;
    this.delivered--;
  }

  publish(): void {
    for (const part of this.parts) part.publish();
  }

  rewind(): void {
    this.#round.length = 0;
    this.#last = undefined;
    for (const part of this.parts) part.rewind();
  }

  /** Closes all rings. Called by a handler, it publishes what was handed to handlers, that sample included. */
  close(): void {
    if (this.#closed) return;
    if (this.#draining) this.publish();
    this.#closed = true;
    this.interrupt();
    for (const part of this.parts) part.close();
  }

  #beginRound(): boolean {
    for (const part of this.parts) {
      part.look();
      if (part.find()) this.#round.push(part);
    }
    return this.#round.length > 0;
  }

  /** Takes the oldest sample of the round. */
  #take(): void {
    const round = this.#round;
    let oldest = 0;
    for (let i = 1; i < round.length; i++) if (round[i]!.time < round[oldest]!.time) oldest = i;
    const ring = round[oldest]!;
    this.#last = ring;
    this.cpu = ring.cpu;
    this.time = ring.time;
    this.length = ring.length;
    this.delivered++;
    ring.take(this.memory.i32);
    if (!ring.find()) round.splice(oldest, 1);
  }
}
