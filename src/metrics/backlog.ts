import type { RingState } from '../ringbuf/index.ts';

/** Most samples that are kept of a ring. */
const MOST_SAMPLES = 256;

interface Mark {
  readonly time: bigint;
  readonly producer: bigint;
}

/**
 * Tells the age of a ring's oldest unread bytes, though records carry no time: it remembers when the producer position was
 * first seen beyond where the consumer is now. They are at least as old as that.
 */
export class Backlog {
  /** Samples whose producer position the consumer has not reached, oldest first. */
  #marks: Mark[] = [];
  /** Nanoseconds between two of them, at least. */
  #spacing = 0n;

  add({ time, producerPosition, consumerPosition, unread }: RingState): void {
    if (unread === 0) {
      if (this.#marks.length > 0) this.#marks = [];
      return;
    }
    const reached = this.#marks.findIndex(({ producer }) => producer > consumerPosition);
    if (reached !== 0) this.#marks = reached < 0 ? [] : this.#marks.slice(reached);
    if (this.#marks.length === 0) this.#spacing = 0n;
    const last = this.#marks.at(-1);
    if (last?.producer === producerPosition) return;
    if (last !== undefined && time - last.time < this.#spacing) return;
    this.#marks.push({ time, producer: producerPosition });
    if (this.#marks.length > MOST_SAMPLES) this.#thin();
  }

  /** When the oldest unread bytes were first seen; undefined where nothing is unread. */
  get oldest(): bigint | undefined {
    return this.#marks[0]?.time;
  }

  /** Drops every second sample, but not the first: ages may now come out shorter by the spacing. */
  #thin(): void {
    this.#marks = this.#marks.filter((_, i) => i % 2 === 0);
    const covered = this.#marks.at(-1)!.time - this.#marks[0]!.time;
    this.#spacing = covered / BigInt(this.#marks.length - 1);
  }
}
