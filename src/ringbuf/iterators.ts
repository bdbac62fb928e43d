import { beginTurn, nextTurn, turnIsSpent } from './turn.ts';
import { abortError, type WaitOptions } from './wait.ts';

/** What an iterator reads. */
export interface ItemSource<T> {
  readonly closed: boolean;
  /** Becomes the only reader until {@link release}. @throws BusyError, ClosedError. */
  claim(user: string): void;
  release(): void;
  /** Reads the next item without publishing it; undefined when there is none. */
  take(): T | undefined;
  /** Gives the kernel the room of the items taken. */
  publish(): void;
  /** Forgets the items taken and not published. */
  rewind(): void;
  /** Waits until there may be an item. @throws AbortError (as a rejection). */
  wait(options: WaitOptions): Promise<unknown>;
  /** Ends all waits. */
  interrupt(): void;
  /** Called once in each turn of the event loop that asks for items. */
  onTurn(): void;
}

const MOST_BETWEEN_LOOKS = 64;

/**
 * Iterates over a ring, by record or by batch.
 *
 * An item is published when the next one is asked for: if the loop's body throws or breaks, `return()` is called
 * instead, and the item stays in the ring for the next reader. (A class, not an async generator: those have no
 * `Symbol.asyncDispose` on Node 20, and queue a promise more per item.)
 */
export class RingIterator<T> implements AsyncIterableIterator<T> {
  readonly #source: ItemSource<T>;
  readonly #signal: AbortSignal | undefined;
  #state: 'new' | 'open' | 'done' = 'new';
  #turn = 0;
  /** Items until the next look at the clock, and how many there were from the one before. */
  #untilLook = 1;
  #stride = 1;
  /** Calls of `next()` that have to wait; later ones, if the user does not await, line up behind them. */
  #inFlight = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: ItemSource<T>, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    let result: Promise<IteratorResult<T>> | undefined;
    if (this.#inFlight === 0) {
      result = this.#now();
      if (result !== undefined) return result;
      result = this.#later();
    } else {
      result = this.#last.then(() => this.#now() ?? this.#later());
    }
    this.#inFlight++;
    const done = (): void => {
      this.#inFlight--;
    };
    this.#last = result.then(done, done);
    return result;
  }

  /** Ends the loop. The last item is not published. */
  return(): Promise<IteratorResult<T>> {
    this.#finish();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
    return Promise.resolve();
  }

  /** Publishes the item before, and answers at once where that is possible. */
  #now(): Promise<IteratorResult<T>> | undefined {
    try {
      if (this.#state === 'done') return this.return();
      if (this.#state === 'new') {
        this.#source.claim('an iterator');
        this.#state = 'open';
      } else {
        this.#source.publish();
      }
      if (this.#signal?.aborted) throw abortError(this.#signal);
      if (this.#source.closed) return this.return();
      this.#beginTurn();
      if (this.#isSpent()) return undefined;
      const value = this.#source.take();
      return value === undefined ? undefined : Promise.resolve({ value, done: false });
    } catch (error) {
      this.#fail();
      return Promise.reject(error);
    }
  }

  async #later(): Promise<IteratorResult<T>> {
    try {
      for (;;) {
        if (turnIsSpent()) await nextTurn();
        if (this.#state === 'done' || this.#source.closed) break;
        if (this.#signal?.aborted) throw abortError(this.#signal);
        this.#beginTurn();
        const value = this.#source.take();
        if (value !== undefined) return { value, done: false };
        // Discarded records may have been skipped: unpublished, they would keep the ring readable.
        this.#source.publish();
        await this.#source.wait({ signal: this.#signal });
      }
      this.#finish();
      return { value: undefined, done: true };
    } catch (error) {
      this.#fail();
      throw error;
    }
  }

  #beginTurn(): void {
    const turn = beginTurn();
    if (turn === this.#turn) return;
    this.#turn = turn;
    this.#untilLook = 1;
    this.#stride = 1;
    this.#source.onTurn();
  }

  /**
   * Whether this turn is used up, as of the latest look at the clock: after 1, 2, 4 … items of the turn, at most
   * {@link MOST_BETWEEN_LOOKS} apart. A loop whose items all take the same time holds a turn twice as long as it may at
   * most; looking for each item would take more time (100 to 200 ns) than all else that is done for it.
   */
  #isSpent(): boolean {
    if (--this.#untilLook > 0) return false;
    this.#untilLook = this.#stride;
    this.#stride = Math.min(this.#stride * 2, MOST_BETWEEN_LOOKS);
    return turnIsSpent();
  }

  #finish(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'done';
    if (!wasOpen || this.#source.closed) return;
    this.#source.rewind();
    this.#source.release();
    this.#source.interrupt();
  }

  /** A record that cannot be decoded is consumed, or it would stop each reader after this one too. */
  #fail(): void {
    if (this.#state === 'open') this.#source.publish();
    this.#finish();
  }
}
