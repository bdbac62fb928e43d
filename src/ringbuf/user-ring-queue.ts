import { abortError, checkTimeout, type WaitOptions } from './wait.ts';

/** What is waited for: room for so many bytes. */
interface Waiting {
  readonly footprint: number;
  /** Takes the room. */
  readonly serve: () => void;
  /** The ring is closed. */
  readonly end: () => void;
}

/** Those who wait for room in a user ring. First come, first served: a large record is not starved by small ones. */
export class RoomQueue {
  readonly #waiting: Waiting[] = [];
  readonly #room: () => number;
  readonly #keepsAlive: () => boolean;
  readonly #changed: () => void;

  /**
   * @param room bytes that are free now.
   * @param keepsAlive whether timers may keep the process alive.
   * @param changed called when somebody begins to wait, and when the first in the queue gives up.
   */
  constructor(room: () => number, keepsAlive: () => boolean, changed: () => void) {
    this.#room = room;
    this.#keepsAlive = keepsAlive;
    this.#changed = changed;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Whether the first in the queue has its room. */
  get canServe(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && first.footprint <= this.#room();
  }

  /** Serves those whose room is there, in order. */
  serve(): void {
    while (this.canServe) this.#waiting.shift()!.serve();
  }

  /** Ends all waits; they resolve to undefined. */
  end(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.end();
  }

  /**
   * Waits for room, then takes it. @returns what `take` makes; undefined after a time-out or when the ring was closed.
   *
   * @throws AbortError, ArgumentError for a time-out that is none, and what `take` throws (all as rejections).
   */
  wait<T>(footprint: number, take: () => T, { signal, timeoutMs }: WaitOptions): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      checkTimeout(timeoutMs);
      if (signal?.aborted) throw abortError(signal);
      let timer: NodeJS.Timeout | undefined;
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const leave = (): void => {
        settle();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#changed();
      };
      const abort = (): void => {
        leave();
        reject(abortError(signal!));
      };
      const waiting: Waiting = {
        footprint,
        serve: () => {
          settle();
          // A promise of its own: what take() throws rejects this wait, not the turn of the one before.
          resolve(new Promise((done) => done(take())));
        },
        end: () => {
          settle();
          resolve(undefined);
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener('abort', abort);
      if (timeoutMs !== undefined) {
        timer = setTimeout(() => {
          leave();
          resolve(undefined);
        }, timeoutMs);
        if (!this.#keepsAlive()) timer.unref();
      }
      this.#changed();
    });
  }
}
