/** A ring as the page is told of it: sizes in bytes, rates in bytes per second. */
export interface PageRing {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly processes: string | null;
  readonly programs: string | null;
  readonly pins: string;
  readonly size: number;
  readonly unread: number;
  /** The most that was unread since the report before. */
  readonly most: number;
  readonly in: number;
  readonly out: number;
  readonly stalledMs: number;
  readonly busyMs: number;
  readonly oldestMs: number;
  readonly fullInMs: number | null;
  /** Records that found no room; null where that is not counted. */
  readonly lost: number | null;
}

/** What each event of `/events` holds, as JSON. */
export interface PageReport {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly drops: 'off' | 'counted' | 'not observable';
  readonly rings: readonly PageRing[];
}
