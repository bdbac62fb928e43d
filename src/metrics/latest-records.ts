import { ringEvent } from '../kernel/index.ts';
import { RingTap, type TapItem } from '../ringbuf/index.ts';
import { type Column, escapeText } from '../text/index.ts';
import { type Row, rowColumns, rowMaker, type Tally } from './rows.ts';

/** Most bytes of the ring that a look reads: what came on top of that is left out. */
const LOOK_BYTES = 128 * 1024;
/** Most records that a look shows. */
const LOOK_ROWS = 20;
/** Bounds of what others' types and records can make of a row. */
const MOST_COLUMNS = 24;
const LONGEST_CELL = 200;

/** What a look at a ring brought. */
export interface Look {
  /** The last of the records that came since the look before: a text for each column. */
  readonly rows: readonly (readonly string[])[];
  /** Records that came. */
  readonly records: number;
}

/**
 * The last records of any ring, typed as `ringtail tail` types them, by looking now and then. Only while it looks is the ring
 * held (by a {@link RingTap}): one whose owner ends goes away as if nobody had looked.
 */
export class LatestRecords {
  readonly columns: readonly Column<Row>[];
  /** Why there are bytes instead of a type. */
  readonly hint: string | undefined;
  readonly #id: number;
  readonly #toRows: (item: TapItem) => Row[];
  readonly #tally: Tally = { skippedBytes: 0n, skippedRecords: 0, gaps: 0, short: 0 };
  /** Where the next look begins. */
  #position: bigint | undefined;

  /** @throws PermissionError: ids take CAP_SYS_ADMIN. */
  constructor(ring: { readonly id: number; readonly name: string; readonly programs: readonly number[] }) {
    const { event, hint } = ringEvent(ring, ring.programs);
    const toRows = rowMaker(event, () => new Date(), this.#tally);
    this.columns = rowColumns(event).slice(0, MOST_COLUMNS);
    this.hint = hint;
    this.#id = ring.id;
    this.#toRows = (item) => toRows({ ...item, time: 0n });
  }

  /** What was left out so far, and what was too short for its type. */
  get tally(): Readonly<Tally> {
    return this.#tally;
  }

  /**
   * The first look brings what is in the ring, unless that is too much.
   *
   * @throws as {@link RingTap.open}.
   */
  look(): Look {
    const tap = RingTap.open(this.#id, { fromOldest: true, from: this.#position });
    try {
      const isFirst = this.#position === undefined;
      const { position, producerPosition } = tap.stats();
      if (isFirst && producerPosition - position > LOOK_BYTES) {
        this.#position = producerPosition;
        return { rows: [], records: 0 };
      }
      const items = this.#read(tap);
      const records = items.filter(({ kind }) => kind === 'record');
      const shown = new Set(records.slice(-LOOK_ROWS));
      const rows = items.filter((item) => item.kind === 'gap' || shown.has(item)).flatMap(this.#toRows);
      return { rows: rows.map((row) => this.#cells(row)), records: records.length };
    } finally {
      tap.close();
    }
  }

  /** Reads what a look may, and leaves out the rest. */
  #read(tap: RingTap): TapItem[] {
    const items: TapItem[] = [];
    const end = tap.stats().position + BigInt(LOOK_BYTES);
    for (let before = -1n; tap.stats().position > before && tap.stats().position < end; ) {
      before = tap.stats().position;
      for (const item of tap.read()) items.push(item.kind === 'record' ? bounded(item) : item);
    }
    const { position, producerPosition } = tap.stats();
    const behind = producerPosition - position;
    const isBehind = behind > LOOK_BYTES;
    if (isBehind) items.push({ kind: 'gap', position, bytes: behind, records: undefined });
    this.#position = isBehind ? producerPosition : position;
    return items;
  }

  #cells(row: Row): string[] {
    return this.columns.map(({ value }) => {
      const text = escapeText(value(row));
      return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text;
    });
  }
}

/** A record too large to be shown is left out as if it had been overwritten. */
function bounded(item: TapItem & { kind: 'record' }): TapItem {
  const { position, bytes } = item;
  if (bytes.length <= LOOK_BYTES) return item;
  return { kind: 'gap', position, bytes: BigInt(bytes.length), records: 1 };
}
