import { setTimeout as delay } from 'node:timers/promises';
import { RingtailError } from '../../errors/index.ts';
import type { RingReport, RingsReport } from '../report.ts';
import type { WatchOptions } from '../watch.ts';
import { watchRings } from '../watch-rings.ts';

/** How far back {@link RingFeed.peakOf} looks: scrapes are rarely further apart. */
const WINDOW_MS = 60_000;
/** Time until a watch that failed is begun anew. */
const RETRY_MS = 1000;

/** The latest report on all rings, for as many as want to know; the rings are looked at once for all of them. */
export class RingFeed {
  #latest: RingsReport | undefined;
  #receivedAt = 0;
  #errors = 0;
  readonly #peaks = new Map<number, Peak[]>();
  readonly #listeners: ((report: RingsReport) => void)[] = [];
  readonly #stop = new AbortController();
  readonly #intervalMs: number;
  #ended: Promise<void> = Promise.resolve();

  private constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /**
   * Resolves with the first report. A watch that fails later is begun anew, and counted.
   *
   * @throws what {@link watchRings} throws at its beginning.
   */
  static async open(options: Required<Pick<WatchOptions, 'intervalMs'>> & WatchOptions): Promise<RingFeed> {
    const feed = new RingFeed(options.intervalMs);
    const watch = { ...options, signal: feed.#stop.signal };
    const reports = watchRings(watch);
    feed.#take((await reports.next()).value);
    feed.#ended = feed.#run(reports, () => watchRings(watch));
    return feed;
  }

  /** Undefined while there is none that is true any more: the rings cannot be looked at. */
  get latest(): RingsReport | undefined {
    // Also where the process, or the machine, slept.
    const isFresh = performance.now() - this.#receivedAt < 5 * this.#intervalMs + RETRY_MS;
    return isFresh ? this.#latest : undefined;
  }

  /** Times that the rings could not be looked at. */
  get errors(): number {
    return this.#errors;
  }

  /** The most bytes that were seen unread in a ring within the last minute, samples between reports included. */
  peakOf({ id, unread }: RingReport): number {
    return this.#peaks.get(id)?.[0]?.unread ?? unread;
  }

  /** Calls with each report that comes from now on, until it is closed. */
  subscribe(listener: (report: RingsReport) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(first: AsyncIterable<RingsReport>, again: () => AsyncIterable<RingsReport>): Promise<void> {
    const { signal } = this.#stop;
    for (let reports = first; !signal.aborted; reports = again()) {
      try {
        for await (const report of reports) this.#take(report);
      } catch (error) {
        if (signal.aborted) return;
        // Anything else is a bug, which must show.
        if (!(error instanceof RingtailError)) throw error;
        this.#errors++;
        this.#latest = undefined;
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  #take(report: RingsReport): void {
    this.#latest = report;
    this.#receivedAt = performance.now();
    const there = new Set<number>();
    for (const { id, unreadMax } of report.rings) {
      there.add(id);
      const peaks = this.#peaks.get(id) ?? [];
      addPeak(peaks, { at: this.#receivedAt, unread: unreadMax });
      this.#peaks.set(id, peaks);
    }
    for (const id of this.#peaks.keys()) if (!there.has(id)) this.#peaks.delete(id);
    for (const listener of this.#listeners) listener(report);
  }
}

interface Peak {
  readonly at: number;
  readonly unread: number;
}

/** Keeps those that are the highest from then on, so the first is the highest of the window. */
function addPeak(peaks: Peak[], peak: Peak): void {
  while (peaks.length > 0 && peaks.at(-1)!.unread <= peak.unread) peaks.pop();
  peaks.push(peak);
  const expired = peaks.findIndex(({ at }) => at > peak.at - WINDOW_MS);
  peaks.splice(0, expired);
}
