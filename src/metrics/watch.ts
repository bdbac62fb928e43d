import { setTimeout as delay } from 'node:timers/promises';
import { consumerOf, type RingState, type RingStats } from '../ringbuf/index.ts';
import { QuerySurvey } from './by-query.ts';
import { DropCounter, type DropsState } from './drops.ts';
import { Pace } from './pace.ts';
import type { RingReport, RingsReport } from './report.ts';
import { RingSurvey, type RingUsers, type Survey } from './survey.ts';
import { type RingRates, RingTracker } from './tracker.ts';

/** Options of `watchRings`. */
export interface WatchOptions {
  /** Time between two reports in milliseconds, 1000 unless told. */
  readonly intervalMs?: number;
  /** Counts records that find no room in any ring, where the kernel allows it; it costs their producers. */
  readonly drops?: boolean;
  /**
   * Takes the positions from `bpf_ringbuf_query` instead: of all rings (CAP_SYS_ADMIN), or of those that are pinned at these
   * paths, for which a pin that may only be read is enough (CAP_BPF). Samples are as far apart as reports.
   */
  readonly query?: boolean | readonly string[];
  /** Ends the watch: the loop rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

/** Rings with drops from which on those that are gone are forgotten. */
const MOST_GONE = 1024;
/** Time between two samples where one costs little. */
const SAMPLE_MS = 100;
/** The part of a core that samples may take: with many rings, or on a busy machine, they are further apart. */
const SAMPLE_SHARE = 0.005;

/** What a watch has loaded, and what it remembers from report to report. */
export class Watch {
  readonly #survey: Survey;
  readonly #counter: DropCounter | undefined;
  /** Where they are not counted: why. */
  readonly #uncounted: DropsState;
  readonly #pace: Pace;
  readonly #tracker = new RingTracker();
  #before: { readonly at: number; readonly counts: ReadonlyMap<number, Counts> } | undefined;

  private constructor(survey: Survey, counter: DropCounter | string | undefined, intervalMs: number) {
    this.#survey = survey;
    this.#counter = counter instanceof DropCounter ? counter : undefined;
    const least = survey.method === 'iterator' ? Math.min(SAMPLE_MS, intervalMs) : intervalMs;
    this.#pace = new Pace(least, intervalMs, SAMPLE_SHARE);
    this.#uncounted =
      typeof counter === 'string' ? { state: 'not observable', reason: counter } : { state: 'off' };
  }

  static async open(intervalMs: number, { query = false, drops = false }: WatchOptions): Promise<Watch> {
    const survey =
      query === false ? await RingSurvey.open() : new QuerySurvey(query === true ? undefined : query);
    try {
      return new Watch(survey, drops ? await DropCounter.tryOpen() : undefined, intervalMs);
    } catch (error) {
      await survey.close();
      throw error;
    }
  }

  /** Samples until it is time for the next report. */
  async sampleUntil(due: number, signal: AbortSignal | undefined): Promise<void> {
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      const { gapMs } = this.#pace;
      await delay(Math.min(left, gapMs), undefined, { signal });
      // Not when the report is about to take one.
      if (due - performance.now() > gapMs / 2)
        this.#pace.run(() => this.#tracker.sample(this.#survey.read()));
    }
  }

  report(): RingsReport {
    const now = performance.now();
    const elapsedMs = this.#before === undefined ? 0 : now - this.#before.at;
    const states = this.#survey.read();
    const rates = this.#tracker.report(states);
    const users = this.#survey.users();
    const drops = this.#counter?.read();
    const counts = new Map<number, Counts>();
    const rings = states.map((state, i) => {
      const { id, type } = state;
      const count: Counts = {
        drops: drops === undefined || type === 'USER_RINGBUF' ? undefined : (drops.get(id) ?? 0n),
        reader: consumerOf(id)?.stats(),
      };
      counts.set(id, count);
      return combine(state, users(id), rates[i]!, since(this.#before?.counts.get(id), count, elapsedMs));
    });
    this.#forget(drops, counts);
    this.#before = { at: now, counts };
    const { method, methodReason } = this.#survey;
    const { gapMs: sampleMs } = this.#pace;
    return { time: new Date(), elapsedMs, sampleMs, method, methodReason, drops: this.#dropsState(), rings };
  }

  #dropsState(): DropsState {
    if (this.#counter === undefined) return this.#uncounted;
    return { state: 'counted', costNs: this.#counter.costNs() };
  }

  async close(): Promise<void> {
    await this.#counter?.close();
    await this.#survey.close();
  }

  /** Drops of rings that are gone make room for those of others, once there are many. */
  #forget(drops: ReadonlyMap<number, bigint> | undefined, there: ReadonlyMap<number, unknown>): void {
    if (drops === undefined || drops.size < MOST_GONE) return;
    for (const id of drops.keys()) if (!there.has(id)) this.#counter!.forget(id);
  }
}

/** Counts of one ring that rise. */
interface Counts {
  readonly drops: bigint | undefined;
  readonly reader: RingStats | undefined;
}

/** Written out: to spread so many fields costs some 50 µs for each ring. */
function combine(
  state: RingState,
  users: RingUsers,
  rates: RingRates,
  counts: ReturnType<typeof since>,
): RingReport {
  return {
    id: state.id,
    name: state.name,
    type: state.type,
    size: state.size,
    flags: state.flags,
    time: state.time,
    consumerPosition: state.consumerPosition,
    producerPosition: state.producerPosition,
    pendingPosition: state.pendingPosition,
    overwritePosition: state.overwritePosition,
    unread: state.unread,
    head: state.head,
    processes: users.processes,
    programs: users.programs,
    pins: users.pins,
    inPerSecond: rates.inPerSecond,
    outPerSecond: rates.outPerSecond,
    inPeakPerSecond: rates.inPeakPerSecond,
    unreadMax: rates.unreadMax,
    stalledMs: rates.stalledMs,
    busyMs: rates.busyMs,
    oldestMs: rates.oldestMs,
    fullInMs: rates.fullInMs,
    producedBytes: rates.producedBytes,
    consumedBytes: rates.consumedBytes,
    drops: counts.drops,
    dropsPerSecond: counts.dropsPerSecond,
    reader: counts.reader,
  };
}

function since(
  before: Counts | undefined,
  now: Counts,
  elapsedMs: number,
): Pick<RingReport, 'drops' | 'dropsPerSecond' | 'reader'> {
  const perSecond = (difference: number): number => (elapsedMs > 0 ? (difference * 1000) / elapsedMs : 0);
  const { drops, reader } = now;
  return {
    drops,
    dropsPerSecond: drops === undefined ? undefined : perSecond(Number(drops - (before?.drops ?? drops))),
    reader: reader && {
      delivered: reader.delivered,
      deliveredPerSecond: perSecond(reader.delivered - (before?.reader?.delivered ?? reader.delivered)),
      discarded: reader.discarded,
      handlerMs: reader.handlerMs,
      handlerPart: perSecond(reader.handlerMs - (before?.reader?.handlerMs ?? reader.handlerMs)) / 1000,
      dropped: reader.dropped,
    },
  };
}
