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
  /** Records that found no room; null where nobody counts them. */
  readonly drops: number | null;
}

/** The event `report` of `/events`. */
export interface PageReport {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly drops: 'off' | 'counted' | 'not observable';
  /** Why drops are not observable. */
  readonly reason: string;
  /** Whether records may be shown. */
  readonly tap: boolean;
  readonly rings: readonly PageRing[];
}

/** The event `columns` of `/records/ID`: what the texts of a record are. */
export interface PageColumns {
  readonly columns: readonly { readonly header: string; readonly isNumber: boolean }[];
  /** Why there are bytes instead of a type. */
  readonly hint: string | null;
}

/** The event `records` of `/records/ID`. The event `end` holds the reason, a text. */
export interface PageRecords {
  /** The last of those that came since the event before, the newest last. */
  readonly rows: readonly (readonly string[])[];
  /** How many there were in all, and what was left out. */
  readonly text: string;
}
