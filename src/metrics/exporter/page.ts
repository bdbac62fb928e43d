import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { RingReport, RingsReport } from '../watch.ts';
import type { RingFeed } from './feed.ts';
import type { PageReport, PageRing } from './page-report.ts';
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
/** Shorter than the server's patience with a connection on which nothing happens. */
const HEARTBEAT_MS = 5000;

/** The live page, and the stream of reports that it shows. */
export class LivePage {
  readonly #feed: RingFeed;
  readonly #maxRings: number;
  readonly #watchers = new Set<ServerResponse>();

  constructor(feed: RingFeed, maxRings: number) {
    this.#feed = feed;
    this.#maxRings = maxRings;
  }

  /** @returns whether the path is one of the page's. */
  respond(path: string, response: ServerResponse): boolean {
    if (path === '/events') this.#watch(response);
    else if (Object.hasOwn(FILES, path)) void sendFile(FILES[path]!, response);
    else return false;
    return true;
  }

  /** Ends the streams. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  #watch(response: ServerResponse): void {
    if (this.#watchers.size >= MOST_WATCHERS) {
      answer(response, 503, 'too many pages are watching');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    const write = (text: string): void => {
      // Who does not keep up misses reports; they are not kept.
      if (!response.writableNeedDrain) response.write(text);
    };
    const tell = (): void => {
      const report = this.#feed.latest;
      if (report !== undefined) write(`data: ${JSON.stringify(pageReport(report, this.#maxRings))}\n\n`);
    };
    const unsubscribe = this.#feed.subscribe(tell);
    const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS);
    this.#watchers.add(response);
    response.once('close', () => {
      this.#watchers.delete(response);
      clearInterval(heartbeat);
      unsubscribe();
    });
    tell();
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

/** @param maxRings those with the lowest ids. */
function pageReport(report: RingsReport, maxRings: number): PageReport {
  const rings = report.rings.slice(0, maxRings).map(pageRing);
  return { time: report.time.getTime(), drops: report.drops.state, rings };
}

function pageRing(ring: RingReport): PageRing {
  const processes = ring.processes?.map(({ comm, pid }) => `${comm}/${pid}`);
  const pins = ring.pins.join(', ');
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
    lost: ring.drops === undefined ? null : Number(ring.drops),
  };
}
