import type { Form } from './form.ts';
import { type ItemSource, RingIterator } from './iterators.ts';
import { announceDrops, positive, RingReader, type Shared } from './ring-reader.ts';
import type { RecordSource } from './source.ts';
import { turnDeadline } from './turn.ts';
import { checkPeriod, type WaitOptions, waitForRecords } from './wait.ts';

/** Most items in a batch unless told otherwise. */
export const DEFAULT_BATCH = 1024;

/** Reads a ring in a form whose events outlive it, by handler or by loop; see RingBuffer, of which it is a part. */
export class RingStream<E> extends RingReader<E> implements AsyncIterable<E> {
  readonly #shared: Shared;
  readonly #form: Form<E>;

  /** @internal */
  constructor(shared: Shared, form: Form<E>) {
    super(shared, form);
    this.#shared = shared;
    this.#form = form;
  }

  /** Name of the map. */
  get name(): string {
    return this.#shared.source.name;
  }

  /** Iterates over events, waiting for more at the end. @see RingBuffer for when an event is given back. */
  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<E> {
    const { source } = this.#shared;
    const take = (): E | undefined =>
      source.next() ? this.#form.take(source.offset, source.length) : undefined;
    return new RingIterator(this.#items(take), options.signal);
  }

  /**
   * Iterates over arrays of 1 to `max` events, as many as are there: cheaper than one by one. A batch is given back
   * to the kernel when the next one is asked for.
   */
  batches(options: { max?: number; signal?: AbortSignal } = {}): AsyncIterableIterator<readonly E[]> {
    const max = positive('max', options.max ?? DEFAULT_BATCH);
    const take = (): readonly E[] | undefined => {
      const batch = takeBatch(this.#shared.source, this.#form, max);
      return batch.length > 0 ? batch : undefined;
    };
    return new RingIterator(this.#items(take), options.signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.events();
  }

  /** Waiting for this ring keeps the process alive (the default). */
  ref(): this {
    return this.#setRef(true);
  }

  /** Waiting for this ring does not keep the process alive. Without effect in worker threads. */
  unref(): this {
    return this.#setRef(false);
  }

  /**
   * Waits for this ring also look at it this often, whether or not the program wakes them: for programs that submit with
   * `BPF_RB_NO_WAKEUP`, always or until some amount is unread ({@link wakeupEvery}), whose last records would wait for ever.
   *
   * @param ms milliseconds, 1 to 2^31 − 1; undefined for never (the default).
   * @throws ArgumentError for another number; ClosedError.
   * @example
   * ```ts
   * for await (const event of object.rings.events.lookEvery(100)) console.log(event);
   * ```
   */
  lookEvery(ms: number | undefined): this {
    const { source } = this.#shared;
    source.assertOpen();
    checkPeriod(ms);
    for (const part of source.parts) part.lookEveryMs = ms;
    return this;
  }

  #setRef(ref: boolean): this {
    const { source } = this.#shared;
    source.assertOpen();
    for (const part of source.parts) part.watch.setRef(ref);
    return this;
  }

  /** Drops are announced in each turn, not only when the loop has caught up: a loop that loses records never does. */
  #items<T>(take: () => T | undefined): ItemSource<T> {
    const shared = this.#shared;
    const { source } = shared;
    const { handlerTime } = source;
    return {
      get closed(): boolean {
        return source.closed;
      },
      take,
      claim: (user: string) => {
        source.claim(user);
        handlerTime.begin();
      },
      release: () => {
        handlerTime.end();
        source.release();
      },
      publish: () => source.publish(),
      rewind: () => source.rewind(),
      wait: async (options: WaitOptions) => {
        handlerTime.end();
        await waitForRecords(source.parts, options);
        handlerTime.begin();
      },
      interrupt: () => source.interrupt(),
      onTurn: () => announceDrops(shared),
    };
  }
}

/** A record that cannot be decoded ends the batch before it, so that none of those read is lost with it. */
function takeBatch<E>(source: RecordSource, form: Form<E>, max: number): E[] {
  const batch: E[] = [];
  const deadline = turnDeadline();
  try {
    while (batch.length < max && source.next()) {
      batch.push(form.take(source.offset, source.length));
      if ((batch.length & 63) === 0 && performance.now() >= deadline) break;
    }
  } catch (error) {
    if (batch.length === 0) throw error;
    source.putBack();
  }
  return batch;
}
