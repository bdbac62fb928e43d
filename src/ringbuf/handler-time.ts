/**
 * Adds up the time that a ring's handlers and loop bodies take. The clock is read twice for each drain, or for each stretch of a
 * loop that does not wait: not for each record.
 */
export class HandlerTime {
  #ms = 0;
  #since: number | undefined;

  /** Milliseconds so far, those of a stretch that goes on included. */
  get ms(): number {
    return this.#since === undefined ? this.#ms : this.#ms + performance.now() - this.#since;
  }

  /** There are records from now on. Without effect where there were before. */
  begin(): void {
    this.#since ??= performance.now();
  }

  /** There are none, or nobody takes them. */
  end(): void {
    this.#ms = this.ms;
    this.#since = undefined;
  }

  /** A drain, from its beginning to its end, however it ends. */
  during<T>(drain: () => T): T {
    this.begin();
    try {
      return drain();
    } finally {
      this.end();
    }
  }
}
