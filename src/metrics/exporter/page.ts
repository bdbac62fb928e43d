import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { RingReport, RingsReport } from '../report.ts';
import { EventStreams } from './event-streams.ts';
import type { RingFeed } from './feed.ts';
import type { PageReport, PageRing } from './page-report.ts';
import { RecordStreams } from './record-streams.ts';
import { answer, send } from './server.ts';

/** Files of the page as they are built, by path. */
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
};

/** Nothing but this server's own files. uPlot sets styles through the DOM, which is no inline style. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MOST_WATCHERS = 16;

/** What a {@link LivePage} shows. */
export interface PageOptions {
  /** Rings shown: those with the lowest ids. */
  readonly maxRings: number;
  /** Whether it shows records of rings to whoever asks. */
  readonly allowTap: boolean;
}

/** The live page, and the streams of what it shows. */
export class LivePage {
  readonly #feed: RingFeed;
  readonly #options: PageOptions;
  readonly #watchers = new EventStreams(MOST_WATCHERS);
  readonly #records: RecordStreams;

  constructor(feed: RingFeed, options: PageOptions) {
    this.#feed = feed;
    this.#options = options;
    this.#records = new RecordStreams(feed);
    feed.subscribe((report) => {
      if (!this.#watchers.isEmpty) this.#watchers.sendAll('report', pageReport(report, options));
    });
  }

  /** @returns whether the path is one of the page's. */
  respond(path: string, response: ServerResponse): boolean {
    const [, ring] = /^\/records\/(\d{1,10})$/.exec(path) ?? [];
    if (path === '/events') this.#watch(response);
    else if (ring !== undefined && this.#options.allowTap) this.#records.start(Number(ring), response);
    else if (ring !== undefined) answer(response, 403, 'records are shown with --allow-tap only');
    else if (Object.hasOwn(FILES, path)) void sendFile(FILES[path]!, response);
    else return false;
    return true;
  }

  /** Ends the streams. */
  close(): void {
    this.#watchers.close();
    this.#records.close();
  }

  #watch(response: ServerResponse): void {
    if (this.#watchers.isFull) {
      answer(response, 503, 'too many pages are watching');
      return;
    }
    const send = this.#watchers.open(response);
    const { latest } = this.#feed;
    if (latest !== undefined) send('report', pageReport(latest, this.#options));
  }
}

async function sendFile(
  { file, type }: { file: string; type: string },
  response: ServerResponse,
): Promise<void> {
  const body = await readFile(new URL(`page/${file}`, import.meta.url));
  response.setHeader('Content-Security-Policy', POLICY);
  send(response, 200, type, body);
}

function pageReport({ time, drops, rings }: RingsReport, { maxRings, allowTap }: PageOptions): PageReport {
  return {
    time: time.getTime(),
    drops: drops.state,
    reason: drops.state === 'not observable' ? drops.reason : '',
    tap: allowTap,
    rings: rings.slice(0, maxRings).map(pageRing),
  };
}

function pageRing(ring: RingReport): PageRing {
  const processes = ring.processes?.map(({ comm, pid }) => `${comm}/${pid}`);
  const pins = ring.pins.join(', ');
  // Those of a ring that this process reads are counted by its program, if by anybody.
  const drops = ring.drops ?? ring.reader?.dropped;
  return {
    id: ring.id,
    name: ring.name,
    type: ring.type,
    owner: processes?.[0] ?? pins,
    processes: processes?.join(', ') ?? null,
    programs: ring.programs?.map(({ name, id }) => `${name} (${id})`).join(', ') ?? null,
    pins,
    size: ring.size,
    unread: ring.unread,
    most: ring.unreadMax,
    in: Math.round(ring.inPerSecond),
    out: Math.round(ring.outPerSecond),
    stalledMs: Math.round(ring.stalledMs),
    busyMs: Math.round(ring.busyMs),
    oldestMs: Math.round(ring.oldestMs),
    fullInMs: ring.fullInMs === undefined ? null : Math.round(ring.fullInMs),
    drops: drops === undefined ? null : Number(drops),
  };
}
