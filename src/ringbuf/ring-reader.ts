import { channel } from 'node:diagnostics_channel';
import { ArgumentError } from '../errors/index.ts';
import type { Form } from './form.ts';
import type { Handler } from './handler.ts';
import type { Drain, RecordSource } from './source.ts';
import { turnDeadline } from './turn.ts';
import { pollRings, type WaitOptions } from './wait.ts';

/** What the forms of one ring share. @internal */
export interface Shared<S extends RecordSource = RecordSource> {
  readonly source: S;
  readonly mapId: number;
  readonly dropped: (() => bigint) | undefined;
  /** Drops that subscribers have been told of. */
  announced: bigint;
  readonly close: () => void;
}

/** A ring with its handler, as a group sees it. @internal */
export interface Member<E = unknown> {
  readonly source: RecordSource;
  readonly form: Form<E>;
  readonly drain: (deadline?: number) => number;
}

/** Reads a ring in one form, by handler; see RingBuffer, of which it is a part. */
export class RingReader<E> {
  readonly #shared: Shared;
  readonly #form: Form<E>;
  readonly #drain: Drain<E>;

  /** @internal */
  constructor(shared: Shared, form: Form<E>) {
    this.#shared = shared;
    this.#form = form;
    this.#drain = shared.source.drainer(form.take);
  }

  /**
   * Hands the records that are there now to `handler`, without waiting [`ring_buffer__consume`, `_consume_n`].
   *
   * @param options.max most records to take; all that are there at the call, without it.
   * @returns the number of records taken.
   * @throws RecordError for a record shorter than its type; it is consumed. BusyError, ClosedError, and what the
   *   handler throws.
   */
  consume(handler: Handler<E>, options: { max?: number } = {}): number {
    const limit = options.max === undefined ? Number.POSITIVE_INFINITY : positive('max', options.max);
    const { source } = this.#shared;
    return source.exclusively('consume()', () => {
      const wrapped = endingWith(this.#form.end, handler);
      const count = source.handlerTime.during(() => this.#drain(wrapped, limit));
      announceDrops(this.#shared);
      return count;
    });
  }

  /**
   * Waits until there are records and hands them to `handler` [`ring_buffer__poll`]. One call holds the event loop
   * for a few milliseconds at most, then resolves, whatever is left in the ring.
   *
   * @returns the number of records taken; 0 after a time-out or when the ring was closed meanwhile.
   * @throws AbortError, ArgumentError, RecordError, BusyError, ClosedError and what the handler throws, all as rejections.
   */
  async poll(handler: Handler<E>, options: WaitOptions = {}): Promise<number> {
    const { drain, source } = this.member(handler);
    source.claim('poll()');
    try {
      return await pollRings(source.parts, () => drain(turnDeadline()), options);
    } finally {
      source.release();
    }
  }

  /** @internal */
  member(handler: Handler<E>): Member<E> {
    const { source } = this.#shared;
    const wrapped = endingWith(this.#form.end, handler);
    const drain = (deadline?: number): number => {
      const count = source.handlerTime.during(() => this.#drain(wrapped, Number.POSITIVE_INFINITY, deadline));
      announceDrops(this.#shared);
      return count;
    };
    return { source, form: this.#form, drain };
  }
}

function endingWith<E>(end: (() => void) | undefined, handler: Handler<E>): Handler<E> {
  if (end === undefined) return handler;
  return (event) => {
    try {
      return handler(event);
    } finally {
      end();
    }
  };
}

/** Message on the `ringtail:ring.dropped` diagnostics channel. */
export interface RingDropped {
  readonly ring: string;
  /** Records dropped since the message before. */
  readonly dropped: bigint;
  /** Records dropped since the program was loaded. */
  readonly total: bigint;
}

const droppedChannel = channel('ringtail:ring.dropped');

/** Tells subscribers of records that the program could not place since they were last told. @internal */
export function announceDrops(shared: Shared): void {
  if (shared.dropped === undefined || shared.source.closed || !droppedChannel.hasSubscribers) return;
  const total = shared.dropped();
  if (total <= shared.announced) return;
  const message: RingDropped = { ring: shared.source.name, dropped: total - shared.announced, total };
  shared.announced = total;
  droppedChannel.publish(message);
}

/** @throws ArgumentError unless `value` is a whole number above 0. */
export function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ArgumentError({ message: `${name} is ${value}`, remedy: `Give ${name} a whole number above 0.` });
}
