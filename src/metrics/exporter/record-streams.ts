import type { ServerResponse } from 'node:http';
import { BpfSyscallError, RingtailError } from '../../errors/index.ts';
import { LatestRecords } from '../latest-records.ts';
import { tallyText } from '../rows.ts';
import { EventStreams, type SendEvent, sendOnlyEvent } from './event-streams.ts';
import type { RingFeed } from './feed.ts';
import type { PageColumns, PageRecords } from './page-report.ts';

/** Most rings whose records are shown at once. */
const MOST_STREAMS = 4;
/** Time between two looks at a ring: as often as eyes may want it. */
const LOOK_MS = 250;
/** A look costs more the larger the ring is. Looking takes no more than this part of the time. */
const LOOK_PART = 1 / 50;
/** A page that somebody has left open does not look for ever. */
const LONGEST_MS = 10 * 60_000;

/** Shows pages the records of any ring, as they come: `columns`, then `records` again and again, then `end` with its reason. */
export class RecordStreams {
  readonly #feed: RingFeed;
  readonly #streams = new EventStreams(MOST_STREAMS);

  constructor(feed: RingFeed) {
    this.#feed = feed;
  }

  /** Streams the records of a ring until the client goes, the ring goes, or the time is over. */
  start(id: number, response: ServerResponse): void {
    const latest = this.#streams.isFull ? FULL : this.#open(id);
    if (typeof latest === 'string') sendOnlyEvent(response, 'end', latest);
    else follow(latest, this.#streams.open(response), response);
  }

  /** @returns instead of records, why there are none. */
  #open(id: number): LatestRecords | string {
    const ring = this.#feed.latest?.rings.find((candidate) => candidate.id === id);
    if (ring === undefined) return GONE;
    const programs = (ring.programs ?? []).map((program) => program.id);
    try {
      return new LatestRecords({ id, name: ring.name, programs });
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Ends the streams. */
  close(): void {
    this.#streams.close();
  }
}

const GONE = 'the ring is gone';
const FULL = `${MOST_STREAMS} rings have their records shown already, which is the most`;

/** Looks, sends what is new, and waits, until the response ends. */
function follow(latest: LatestRecords, send: SendEvent, response: ServerResponse): void {
  send('columns', columnsOf(latest));
  const end = performance.now() + LONGEST_MS;
  let total = 0;
  let told = '';
  let timer: NodeJS.Timeout;
  const tell = (): void => {
    const { rows, records } = latest.look();
    total += records;
    const text = `${total} ${total === 1 ? 'record' : 'records'}, ${tallyText(latest.tally)}`;
    if (text === told) return;
    told = text;
    send('records', { rows, text } satisfies PageRecords);
  };
  /** @returns why that was the last time. */
  const look = (): string | undefined => {
    if (performance.now() > end) return `it has gone on for ${LONGEST_MS / 60_000} minutes`;
    try {
      // What a client that is behind does not see stays in the ring.
      if (!response.writableNeedDrain) tell();
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  };
  const step = (): void => {
    const began = performance.now();
    const reason = look();
    if (reason === undefined) {
      timer = setTimeout(step, Math.max(LOOK_MS, (performance.now() - began) / LOOK_PART));
    } else {
      send('end', reason);
      response.end();
    }
  };
  response.once('close', () => clearTimeout(timer));
  step();
}

function columnsOf({ columns, hint }: LatestRecords): PageColumns {
  return {
    columns: columns.map(({ header, align }) => ({ header, isNumber: align === 'right' })),
    hint: hint ?? null,
  };
}

/** Anything but an error of ours is a bug, which must show. */
function reasonOf(error: unknown): string {
  if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return GONE;
  // Its remedy is for who started the server: it may name files of this machine.
  if (error instanceof RingtailError) return error.message;
  throw error;
}
