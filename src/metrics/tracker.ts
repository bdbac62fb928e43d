import type { RingState } from '../ringbuf/index.ts';
import { Backlog } from './backlog.ts';

/** What is derived of a ring's samples, over the time since the report before. */
export interface RingRates {
  /** Bytes reserved for each second, headers included; 0 in the first report on a ring. */
  readonly inPerSecond: number;
  /** Bytes given back by the consumer each second. */
  readonly outPerSecond: number;
  /** The highest `inPerSecond` between two samples; its resolution is that of the samples. */
  readonly inPeakPerSecond: number;
  /** The highest of all samples since the report before. What happened between two samples is not seen. */
  readonly unreadMax: number;
  /**
   * For how long records have been unread and the consumer position has not moved, in milliseconds, as far as the
   * samples tell; 0 where it moves or nothing is unread.
   */
  readonly stalledMs: number;
  /** For how long the oldest record has been in writing, in milliseconds, as far as the samples tell; 0 where it is not. */
  readonly busyMs: number;
  /** Age of the oldest unread bytes in milliseconds: at least this, as far as the samples tell; 0 where nothing is unread. */
  readonly oldestMs: number;
  /** When the ring is full if it goes on like this, in milliseconds; undefined where it does not fill. */
  readonly fullInMs: number | undefined;
  /**
   * Bytes ever reserved in rings of this id: the producer position, plus that of rings that had the id before. It never
   * falls. (Ids come again after 2^31 maps.)
   */
  readonly producedBytes: bigint;
  /** Bytes ever given back in rings of this id. */
  readonly consumedBytes: bigint;
}

/** Rings that are gone, whose bytes are remembered in case their id comes again. */
const MOST_GONE = 1024;

interface Totals {
  readonly produced: bigint;
  readonly consumed: bigint;
}

const NOTHING: Totals = { produced: 0n, consumed: 0n };

/**
 * Derives rates, stalls and ages from samples of all rings. Pure: time is what the samples say.
 *
 * Call {@link sample} as often as is affordable and {@link report} now and then; a report is a sample too.
 */
export class RingTracker {
  readonly #rings = new Map<number, TrackedRing>();
  readonly #gone = new Map<number, Totals>();

  /** Takes a sample of all rings there are. */
  sample(states: readonly RingState[]): void {
    for (const state of states) {
      const known = this.#rings.get(state.id);
      if (known?.isOf(state)) known.sample(state);
      else {
        const before = known?.totals() ?? this.#gone.get(state.id) ?? NOTHING;
        this.#gone.delete(state.id);
        this.#rings.set(state.id, new TrackedRing(state, before));
      }
    }
    if (this.#rings.size > states.length) this.#dropOthers(states);
  }

  /** Takes a sample, and derives what happened since the report before. @returns one for each state, in their order. */
  report(states: readonly RingState[]): RingRates[] {
    this.sample(states);
    return states.map(({ id }) => this.#rings.get(id)!.report());
  }

  #dropOthers(states: readonly RingState[]): void {
    const there = new Set(states.map(({ id }) => id));
    for (const [id, ring] of this.#rings) {
      if (there.has(id)) continue;
      this.#rings.delete(id);
      this.#remember(id, ring);
    }
  }

  #remember(id: number, ring: TrackedRing): void {
    this.#gone.set(id, ring.totals());
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > MOST_GONE) this.#gone.delete(oldest!);
  }
}

/** One ring, from its first sample on. */
class TrackedRing {
  readonly #before: Totals;
  readonly #backlog = new Backlog();
  #last: RingState;
  /** At the report before. */
  #reported: RingState;
  #unreadMax: number;
  #inPeak = 0;
  /** When records were first seen unread at the present consumer position. */
  #unreadSince: bigint | undefined;
  /** When the head at the present consumer position was first seen busy. */
  #busySince: bigint | undefined;

  constructor(state: RingState, before: Totals) {
    this.#before = before;
    this.#last = state;
    this.#reported = state;
    this.#unreadMax = state.unread;
    this.#observe(state);
  }

  /** Whether a state may be a later one of the same ring: positions only grow, and the rest never changes. */
  isOf({ name, type, size, consumerPosition, producerPosition }: RingState): boolean {
    const last = this.#last;
    return (
      name === last.name &&
      type === last.type &&
      size === last.size &&
      consumerPosition >= last.consumerPosition &&
      producerPosition >= last.producerPosition
    );
  }

  totals(): Totals {
    return {
      produced: this.#before.produced + this.#last.producerPosition,
      consumed: this.#before.consumed + this.#last.consumerPosition,
    };
  }

  sample(state: RingState): void {
    const last = this.#last;
    if (state.consumerPosition !== last.consumerPosition) {
      this.#unreadSince = undefined;
      this.#busySince = undefined;
    }
    this.#last = state;
    this.#unreadMax = Math.max(this.#unreadMax, state.unread);
    if (state.producerPosition !== last.producerPosition) {
      this.#inPeak = Math.max(this.#inPeak, perSecond(last, state, 'producerPosition'));
    }
    this.#observe(state);
  }

  report(): RingRates {
    const now = this.#last;
    const inPerSecond = perSecond(this.#reported, now, 'producerPosition');
    const outPerSecond = perSecond(this.#reported, now, 'consumerPosition');
    const { produced, consumed } = this.totals();
    const growth = inPerSecond - outPerSecond;
    const rates: RingRates = {
      inPerSecond,
      outPerSecond,
      inPeakPerSecond: Math.max(this.#inPeak, inPerSecond),
      unreadMax: this.#unreadMax,
      stalledMs: since(this.#unreadSince, now.time),
      busyMs: since(this.#busySince, now.time),
      oldestMs: since(this.#backlog.oldest, now.time),
      fullInMs: growth > 0 ? ((now.size - now.unread) / growth) * 1000 : undefined,
      producedBytes: produced,
      consumedBytes: consumed,
    };
    this.#reported = now;
    this.#unreadMax = now.unread;
    this.#inPeak = 0;
    return rates;
  }

  #observe(state: RingState): void {
    this.#unreadSince = state.unread === 0 ? undefined : (this.#unreadSince ?? state.time);
    this.#busySince = state.head?.state === 'busy' ? (this.#busySince ?? state.time) : undefined;
    this.#backlog.add(state);
  }
}

function perSecond(
  before: RingState,
  after: RingState,
  position: 'producerPosition' | 'consumerPosition',
): number {
  const ns = Number(after.time - before.time);
  return ns > 0 ? (Number(after[position] - before[position]) * 1e9) / ns : 0;
}

function since(begin: bigint | undefined, now: bigint): number {
  return begin === undefined ? 0 : Number(now - begin) / 1e6;
}
