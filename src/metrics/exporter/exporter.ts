import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Registry } from 'prom-client';
import { shortfalls } from '../report.ts';
import { RingFeed } from './feed.ts';
import { LivePage, type PageOptions } from './page.ts';
import { DEFAULT_MAX_RINGS, type RingMetricsOptions, registerRingMetrics } from './prometheus.ts';
import { answer, BoundedServer, type ListenAddress, send } from './server.ts';

/** What a {@link RingExporter} serves, and where. */
export interface ExporterOptions extends RingMetricsOptions, ListenAddress {
  /** Whether the page shows records of any ring, to whoever can reach the address: false unless told. */
  readonly allowTap?: boolean | undefined;
}

/** Serves metrics of all rings of the machine over HTTP: a live page, `/metrics` for Prometheus, `/healthz`. */
export class RingExporter {
  readonly #feed: RingFeed;
  readonly #registry: Registry;
  readonly #page: LivePage;
  #server: BoundedServer | undefined;

  private constructor(feed: RingFeed, registry: Registry, page: PageOptions) {
    this.#feed = feed;
    this.#registry = registry;
    this.#page = new LivePage(feed, page);
  }

  /**
   * Looks at the rings, then listens.
   *
   * @throws what `watchRings` throws; BpfSyscallError or PermissionError where it cannot listen there.
   */
  static async start(options: ExporterOptions): Promise<RingExporter> {
    const { host, port, allowTap = false, ...metrics } = options;
    const { maxRings = DEFAULT_MAX_RINGS, intervalMs = 1000, ...watch } = metrics;
    const feed = await RingFeed.open({ intervalMs, ...watch });
    try {
      const registry = newRegistry();
      registerRingMetrics(registry, feed, maxRings);
      const exporter = new RingExporter(feed, registry, { maxRings, allowTap });
      exporter.#server = await BoundedServer.listen({ host, port }, (...request) =>
        exporter.#respond(...request),
      );
      return exporter;
    } catch (error) {
      await feed.close();
      throw error;
    }
  }

  /** `http://127.0.0.1:10519/` */
  get url(): string {
    return this.#server!.url;
  }

  /** What of the figures is less than it could be, and why: a line for each. */
  get shortfalls(): string[] {
    const { latest } = this.#feed;
    return latest === undefined ? [] : shortfalls(latest);
  }

  /** Gives the answers that are under way, a second or two at most, and ends. */
  async close(): Promise<void> {
    this.#page.close();
    await this.#server!.close();
    await this.#feed.close();
  }

  #respond(path: string, _request: IncomingMessage, response: ServerResponse): void {
    if (path === '/metrics') void this.#metrics(response);
    else if (path === '/healthz') this.#health(response);
    else if (!this.#page.respond(path, response)) answer(response, 404, 'not found');
  }

  async #metrics(response: ServerResponse): Promise<void> {
    send(response, 200, this.#registry.contentType, await this.#registry.metrics());
  }

  #health(response: ServerResponse): void {
    if (this.#feed.latest === undefined) answer(response, 503, 'the rings cannot be looked at');
    else answer(response, 200, 'ok');
  }
}

/** The registry alone: all of prom-client would take 13 MB and 44 ms. */
function newRegistry(): Registry {
  const require = createRequire(import.meta.url);
  const Class = require('prom-client/lib/registry.js') as typeof import('prom-client').Registry;
  return new Class();
}
