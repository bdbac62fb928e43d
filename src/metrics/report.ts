import type { RingState, RingStats } from '../ringbuf/index.ts';
import type { DropsState } from './drops.ts';
import type { RingUsers, SurveyMethod } from './survey.ts';
import type { RingRates } from './tracker.ts';

/** What the consumer of a ring that this very process (and thread) reads knows about it. */
export interface ReaderReport {
  /** Records handed to handlers and loops since it was opened. */
  readonly delivered: number;
  readonly deliveredPerSecond: number;
  /** Records that the program reserved and then discarded. */
  readonly discarded: number;
  /** Milliseconds that handlers and loop bodies took: {@link RingStats.handlerMs}. */
  readonly handlerMs: number;
  /** The part of the time since the report before that they took, 0 to 1: near 1 the reader can do no more. */
  readonly handlerPart: number;
  /** Records that the program could not place, where it counts them. */
  readonly dropped: bigint | undefined;
}

/** A ring in a report: its state, who uses it, and what happened since the report before. */
export interface RingReport extends RingState, RingUsers, RingRates {
  /** Records that found no room, since the watch began; undefined unless drops are counted, and for user rings. */
  readonly drops: bigint | undefined;
  readonly dropsPerSecond: number | undefined;
  /** Undefined for rings that others read. */
  readonly reader: ReaderReport | undefined;
}

/** All rings of the machine at one moment. */
export interface RingsReport {
  readonly time: Date;
  /** Since the report before, as it turned out, in milliseconds; 0 in the first, whose rates are 0. */
  readonly elapsedMs: number;
  /**
   * Time between two samples, in milliseconds: the resolution of maxima, peaks and ages. 100, or more where samples would take
   * more than half a percent of a core; at most the time between two reports.
   */
  readonly sampleMs: number;
  readonly method: SurveyMethod;
  /** With `ids`: why the kernel program that looks at all rings in one go could not be used. */
  readonly methodReason: string | undefined;
  readonly drops: DropsState;
  /** By ascending id. */
  readonly rings: readonly RingReport[];
}

/** What of a report is less than it could be, and why: a line for each. */
export function shortfalls({ method, methodReason, drops }: RingsReport): string[] {
  const lines: string[] = [];
  if (method === 'ids') lines.push(`rings are looked at one by one, by their ids: ${methodReason}`);
  if (drops.state === 'not observable') lines.push(`drops are not observable: ${drops.reason}`);
  return lines;
}
