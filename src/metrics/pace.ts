/** Runs that the cost of one is taken from: one alone may have waited for other work of the machine. */
const RUNS = 5;

/** How often work may be done that is to take a small part of a core only, whatever one run of it costs. */
export class Pace {
  readonly #leastMs: number;
  readonly #mostMs: number;
  readonly #share: number;
  readonly #runsMs: number[] = [];

  /**
   * @param leastMs time between two runs where they cost little.
   * @param mostMs time between two runs at most, whatever they cost.
   * @param share part of the time that they may take, 0 to 1.
   */
  constructor(leastMs: number, mostMs: number, share: number) {
    this.#leastMs = leastMs;
    this.#mostMs = mostMs;
    this.#share = share;
  }

  /** Time between two runs now, in milliseconds. */
  get gapMs(): number {
    if (this.#runsMs.length < RUNS) return this.#leastMs;
    const median = this.#runsMs.toSorted((a, b) => a - b)[(RUNS - 1) / 2]!;
    return Math.min(Math.max(this.#leastMs, median / this.#share), this.#mostMs);
  }

  /** Does the work, and notes how long it took. */
  run(work: () => void): void {
    const start = performance.now();
    work();
    this.#runsMs.push(performance.now() - start);
    if (this.#runsMs.length > RUNS) this.#runsMs.shift();
  }
}
