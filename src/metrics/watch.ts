import { setTimeout as delay } from 'node:timers/promises';
import { ArgumentError } from '../errors/index.ts';
import type { RingState } from '../ringbuf/index.ts';
import { RingSurvey, type RingUsers, type SurveyMethod } from './survey.ts';
import { type RingRates, RingTracker } from './tracker.ts';

/** A ring in a report: its state, who uses it, and what happened since the report before. */
export interface RingReport extends RingState, RingUsers, RingRates {}

/** All rings of the machine at one moment. */
export interface RingsReport {
  readonly time: Date;
  /** Since the report before, as it turned out, in milliseconds; 0 in the first, whose rates are 0. */
  readonly elapsedMs: number;
  /** Time between two samples, in milliseconds: the resolution of maxima, peaks and ages. */
  readonly sampleMs: number;
  readonly method: SurveyMethod;
  /** By ascending id. */
  readonly rings: readonly RingReport[];
}

/** Options of {@link watchRings}. */
export interface WatchOptions {
  /** Time between two reports in milliseconds, 1000 unless told. */
  readonly intervalMs?: number;
  /** Ends the watch: the loop rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

const DEFAULT_INTERVAL = 1000;
/** Time between two samples where one costs little. */
const SAMPLE_MS = 50;

/**
 * Watches all rings of the machine: what they hold, how fast they fill and empty, who stalls. Between reports it takes
 * samples of the positions alone. It writes to none of the rings and keeps none alive.
 *
 * The first report comes at once, and has no rates. A loop that takes longer than the interval gets its next report when it asks.
 *
 * @throws ArgumentError; what {@link listRings} throws; AbortError.
 * @example
 * ```ts
 * for await (const { rings } of watchRings({ intervalMs: 1000 })) {
 *   for (const { name, inPerSecond, stalledMs } of rings) console.log(name, inPerSecond, stalledMs);
 * }
 * ```
 */
export async function* watchRings(options: WatchOptions = {}): AsyncGenerator<RingsReport, never, undefined> {
  const { intervalMs = DEFAULT_INTERVAL, signal } = options;
  if (!(intervalMs >= 1 && intervalMs < 2 ** 31)) {
    throw new ArgumentError({
      message: `intervalMs is ${intervalMs}`,
      remedy: 'Give the time between two reports, in milliseconds, at least 1.',
    });
  }
  signal?.throwIfAborted();
  const survey = await RingSurvey.open();
  try {
    const sampleMs = survey.method === 'iterator' ? Math.min(SAMPLE_MS, intervalMs) : intervalMs;
    const tracker = new RingTracker();
    let before: number | undefined;
    for (let due = performance.now(); ; ) {
      const now = performance.now();
      yield report(survey, tracker, { elapsedMs: now - (before ?? now), sampleMs });
      before = now;
      due = Math.max(due + intervalMs, performance.now());
      await sampleUntil(due, sampleMs, () => tracker.sample(survey.read()), signal);
    }
  } finally {
    await survey.close();
  }
}

/** Samples until it is time for the next report. */
async function sampleUntil(
  due: number,
  sampleMs: number,
  sample: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await delay(Math.min(left, sampleMs), undefined, { signal });
    if (due - performance.now() > sampleMs / 2) sample();
  }
}

function report(
  survey: RingSurvey,
  tracker: RingTracker,
  times: Pick<RingsReport, 'elapsedMs' | 'sampleMs'>,
): RingsReport {
  const states = survey.read();
  const rates = tracker.report(states);
  const users = survey.users();
  const rings = states.map((state, i) => ({ ...state, ...users(state.id), ...rates[i]! }));
  return { time: new Date(), ...times, method: survey.method, rings };
}
