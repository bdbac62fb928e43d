import { ArgumentError, BusyError, ClosedError } from '../errors/index.ts';
import type { Consumer } from './consumer.ts';
import { Fifo } from './fifo.ts';
import { goesOn, type Handler } from './handler.ts';
import { RingIterator } from './iterators.ts';
import { positive } from './ring-reader.ts';
import { isEarlier, type Timed, TimeHeap } from './time-heap.ts';
import { nextTurn, turnDeadline, turnIsSpent } from './turn.ts';
import { checkTimeout, pause, type WaitOptions, type WaitResult, waitForRecords } from './wait.ts';

/** How the events of several rings are put in order. */
export interface MergeOptions<E> {
  /** When an event happened, in whatever unit: a field of it, or a function. */
  readonly timestamp: (keyof E & string) | ((event: E) => number | bigint);
  /**
   * Milliseconds for which an event is held, in case that another ring still brings an earlier one: longer than it
   * takes a program from reading the clock to submitting the record.
   */
  readonly windowMs: number;
  /** Most events held; beyond it the earliest goes out before its time. Default 65,536. */
  readonly maxHeld?: number;
}

/** Counts of a merge. */
export interface MergeStats {
  /** Events handed out. */
  readonly delivered: number;
  /** Those of them that came later than the window allows: after one that had happened later. */
  readonly late: number;
  /** Those that went out before their time, because `maxHeld` or half a ring was full. */
  readonly hurried: number;
  /** Events held now. */
  readonly held: number;
}

/** A ring of a merge. */
export interface MergeMember<E> {
  readonly source: Consumer;
  readonly take: (offset: number, length: number) => E;
}

const DEFAULT_MAX_HELD = 65_536;

/** Records read from one ring before it is another's turn. */
const ROUND = 64;

/** How often rings are looked at while events are held, in milliseconds: nothing wakes us then. */
const LOOK_MS = 8;

const NEVER: Timed = {
  time: Number.NEGATIVE_INFINITY,
  rounded: Number.NEGATIVE_INFINITY,
  order: 0,
};

interface Ring<E> extends MergeMember<E> {
  /** What was read and not published, in the order of the ring. */
  readonly unpublished: Fifo<Read>;
}

/** A record that was read: the state of its ring's consumer behind it. */
interface Read {
  readonly position: number;
  readonly discarded: number;
  isDone: boolean;
}

interface Held<E> extends Timed, Read {
  /** When it was read. */
  readonly arrival: number;
  readonly event: E;
  isLate: boolean;
  isHurried: boolean;
}

/**
 * The events of several rings in the order in which they happened. Made by `RingBufferGroup.merged()`; it is the only
 * reader of its rings until it is closed.
 *
 * An event is read, held for the window, and handed out with all that happened before it. Held events are not given
 * back to the kernel yet: after a crash, or `close()`, the next reader gets them. A ring must have room for what
 * it gets in a window: when it is half full its events go out before their time.
 *
 * No event is left out for coming too late: it is handed out at once, and counted.
 */
export class MergedRings<E> implements AsyncIterable<E>, Disposable {
  readonly #rings: readonly Ring<E>[];
  readonly #timeOf: (event: E) => number | bigint;
  readonly #windowMs: number;
  readonly #maxHeld: number;
  readonly #heap: TimeHeap<Held<E>> = new TimeHeap();
  /** All held events by arrival; those at the front may be done. */
  readonly #arrivals: Fifo<Held<E>> = new Fifo();
  /** Events that happened by then have been waited for long enough. */
  #watermark: Timed = NEVER;
  /** The latest that was handed out. */
  #latest: Timed = NEVER;
  #first = 0;
  #order = 0;
  #delivered = 0;
  #late = 0;
  #hurried = 0;
  #taken: Held<E> | undefined;
  #user: string | undefined;
  #closed = false;

  /** @internal */
  constructor(members: readonly MergeMember<E>[], options: MergeOptions<E>) {
    const { timestamp, windowMs, maxHeld = DEFAULT_MAX_HELD } = options;
    if (!(windowMs >= 0 && Number.isFinite(windowMs))) {
      throw new ArgumentError({ message: `windowMs is ${windowMs}`, remedy: 'Give 0 or more milliseconds.' });
    }
    this.#windowMs = windowMs;
    this.#maxHeld = positive('maxHeld', maxHeld);
    const timeOf = typeof timestamp === 'function' ? timestamp : (event: E) => event[timestamp];
    this.#timeOf = (event) => checkTime(timeOf(event), timestamp);
    this.#rings = members.map((member) => ({ ...member, unpublished: new Fifo() }));
  }

  /**
   * Waits until events are due and hands them to `handler`. One call holds the event loop for a few milliseconds at
   * most.
   *
   * @returns the number of events; 0 after a time-out or when a ring was closed meanwhile.
   * @throws AbortError, RecordError, BusyError, ClosedError, ArgumentError where an event has no time, and what
   *   the handler throws, all as rejections. A handler that throws, or a record that cannot be read, consumes it.
   */
  async poll(handler: Handler<E>, { signal, timeoutMs }: WaitOptions = {}): Promise<number> {
    checkTimeout(timeoutMs);
    this.#claim('poll()');
    try {
      const end = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
      for (;;) {
        if (turnIsSpent()) await nextTurn();
        const count = this.#drain(handler);
        const left = end === undefined ? undefined : Math.max(0, end - performance.now());
        if (count > 0 || left === 0) return count;
        if ((await this.#wait({ signal, timeoutMs: left })) === 'interrupted') return 0;
      }
    } finally {
      this.#user = undefined;
    }
  }

  /** Iterates over events. An event is given back when the next one is asked for, as with {@link RingBuffer}. */
  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<E> {
    const merge = this;
    const source = {
      get closed(): boolean {
        return merge.#isClosed;
      },
      claim: (user: string) => this.#claim(user),
      release: () => {
        this.#user = undefined;
      },
      take: () => {
        this.#read();
        this.#taken = this.#next();
        return this.#taken?.event;
      },
      publish: () => this.#publish(),
      rewind: () => this.#putBack(),
      wait: (wait: WaitOptions) => this.#wait(wait),
      interrupt: () => {
        for (const { source } of this.#rings) source.interrupt();
      },
      onTurn: () => {},
    };
    return new RingIterator<E>(source, options.signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.events();
  }

  stats(): MergeStats {
    return {
      delivered: this.#delivered,
      late: this.#late,
      hurried: this.#hurried,
      held: this.#heap.size,
    };
  }

  /** Lets go of the rings, with what was held: it stays in them. Does not close them. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#taken = undefined;
    this.#heap.clear();
    for (const { source } of this.#rings) {
      if (!source.closed) source.rewind();
      source.release();
      source.interrupt();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #isClosed(): boolean {
    return this.#closed || this.#rings.some(({ source }) => source.closed);
  }

  #claim(user: string): void {
    if (this.#closed) throw new ClosedError('the merge');
    for (const { source } of this.#rings) source.assertOpen();
    if (this.#user !== undefined) {
      throw new BusyError({
        message: `the merge is being read by ${this.#user}; ${user} would take its events`,
        remedy: 'End the loop or await the call first.',
      });
    }
    this.#user = user;
  }

  #drain(handler: Handler<E>): number {
    const deadline = turnDeadline();
    let count = 0;
    try {
      this.#read();
      for (;;) {
        const held = this.#next();
        if (held === undefined) return count;
        this.#finish(held);
        count++;
        if (!goesOn(handler(held.event)) || this.#isClosed) return count;
        if (count % ROUND !== 0) continue;
        this.#publish();
        if (performance.now() >= deadline) return count;
      }
    } finally {
      this.#publish();
    }
  }

  /**
   * Reads what the rings have, a few records of each in turn, as far as may be held and the turn goes. Each call begins
   * with another ring: where there is room for few, each gets its share.
   */
  #read(): void {
    const now = performance.now();
    const deadline = turnDeadline();
    const { length } = this.#rings;
    const start = this.#first++;
    for (let more = true; more && performance.now() < deadline; ) {
      more = false;
      const room = this.#maxHeld - this.#heap.size;
      const share = Math.min(ROUND, Math.ceil(room / length));
      for (let i = 0; i < length; i++)
        more = this.#readRing(this.#rings[(start + i) % length]!, share, now) || more;
    }
    this.#raiseWatermark(now);
  }

  /** @returns whether the ring may have more. */
  #readRing(ring: Ring<E>, share: number, now: number): boolean {
    for (let i = 0; i < share && this.#heap.size < this.#maxHeld; i++) {
      if (ring.source.closed || !ring.source.next()) return false;
      this.#hold(ring, now);
    }
    return this.#heap.size < this.#maxHeld;
  }

  #hold({ source, take, unpublished }: Ring<E>, arrival: number): void {
    const { position, discarded, offset, length } = source;
    let event: E;
    let time: number | bigint;
    try {
      event = take(offset, length);
      time = this.#timeOf(event);
    } catch (error) {
      unpublished.push({ position, discarded, isDone: true });
      throw error;
    }
    const held: Held<E> = {
      time,
      rounded: Number(time),
      order: this.#order++,
      arrival,
      event,
      position,
      discarded,
      isDone: false,
      isLate: false,
      isHurried: false,
    };
    unpublished.push(held);
    this.#arrivals.push(held);
    this.#heap.push(held);
  }

  /** What an event has waited for is there by now; so is what happened before it. */
  #raiseWatermark(now: number): void {
    for (let first = this.#arrivals.first; first !== undefined; first = this.#arrivals.first) {
      if (!first.isDone && now - first.arrival < this.#windowMs) return;
      if (isEarlier(this.#watermark, first)) this.#watermark = first;
      this.#arrivals.shift();
    }
  }

  /** Takes the earliest event, if it is due or too late, or there is no room to hold it. */
  #next(): Held<E> | undefined {
    const { first } = this.#heap;
    if (first === undefined) return undefined;
    first.isLate = isEarlier(first, this.#latest);
    first.isHurried = !first.isLate && isEarlier(this.#watermark, first);
    if (first.isHurried && !this.#isFull()) return undefined;
    if (!first.isLate) this.#latest = first;
    return this.#heap.pop();
  }

  #isFull(): boolean {
    return this.#heap.size >= this.#maxHeld || this.#rings.some(({ source }) => source.isHalfFull);
  }

  #finish(held: Held<E>): void {
    held.isDone = true;
    this.#delivered++;
    if (held.isLate) this.#late++;
    if (held.isHurried) this.#hurried++;
  }

  /** Publishes each ring as far as its events are done, the one that was taken last included. */
  #publish(): void {
    if (this.#taken !== undefined) this.#finish(this.#taken);
    this.#taken = undefined;
    for (const { source, unpublished } of this.#rings) {
      let last: Read | undefined;
      while (unpublished.first?.isDone) last = unpublished.shift();
      // With nothing left, discarded records behind the last one go too.
      if (unpublished.size === 0) source.publish();
      else if (last !== undefined) source.publishTo(last.position, last.discarded);
    }
  }

  #putBack(): void {
    if (this.#taken === undefined) return;
    this.#heap.push(this.#taken);
    this.#taken = undefined;
  }

  #wait(options: WaitOptions): Promise<WaitResult> {
    const rings = this.#rings.map(({ source }) => source);
    if (this.#heap.size === 0) return waitForRecords(rings, options);
    const unread = this.#heap.size < this.#maxHeld && rings.some((r) => !r.closed && r.head() === 'ready');
    const due = (this.#arrivals.first?.arrival ?? 0) + this.#windowMs - performance.now();
    return pause(unread ? 0 : Math.min(Math.max(due, 0), LOOK_MS), rings, options);
  }
}

function checkTime(time: unknown, timestamp: unknown): number | bigint {
  if (typeof time === 'bigint' || (typeof time === 'number' && !Number.isNaN(time))) return time;
  const what = typeof timestamp === 'string' ? `its field "${timestamp}"` : 'what timestamp() gives';
  throw new ArgumentError({
    message: `an event has no time: ${what} is ${typeof time === 'number' ? 'NaN' : typeof time}`,
    remedy: 'Name a field that is a number, or give a function that makes one.',
  });
}
