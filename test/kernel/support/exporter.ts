import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after } from 'node:test';
import { Running } from './cli.ts';

/** Those that a test that failed has left. */
const started = new Set<Running>();
after(() => {
  for (const { child } of started) child.kill('SIGKILL');
});

/** A `ringtail exporter` on a port of its own. */
export class Exporter {
  readonly running: Running;
  readonly url: URL;

  private constructor(running: Running, url: URL) {
    this.running = running;
    this.url = url;
  }

  static async start(...args: string[]): Promise<Exporter> {
    const running = new Running('exporter', '--listen', '127.0.0.1:0', ...args);
    started.add(running);
    await running.ready();
    return new Exporter(running, new URL(running.stdout.trim()));
  }

  /** What `/metrics` says. */
  async scrape(): Promise<Scrape> {
    const response = await fetch(this.url);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    return new Scrape(await response.text());
  }

  /** Scrapes until a condition holds, for 10 seconds at most. */
  async until(what: string, condition: (scrape: Scrape) => boolean): Promise<Scrape> {
    for (const end = Date.now() + 10_000; ; ) {
      const scrape = await this.scrape();
      if (condition(scrape)) return scrape;
      assert.ok(Date.now() < end, `waited 10 s for: ${what}\n${scrape.text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Sends bytes as they are. @returns all that comes back until the server ends the connection. */
  send(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(this.url.port), this.url.hostname);
      let answer = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        answer += text;
      });
      socket.on('close', () => resolve(answer)).on('error', reject);
      socket.write(bytes);
    });
  }

  async stop(): Promise<void> {
    started.delete(this.running);
    this.running.child.kill('SIGTERM');
    const { status, stderr } = await this.running.end();
    assert.equal(status, 0, stderr);
    // What `--drops` asks for the kernel may refuse.
    assert.match(stderr, /^(drops are not observable: .*\n)?$/);
  }
}

/** The text of a scrape. */
export class Scrape {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The value of a series, such as `bpf_ringbuf_size_bytes{map_id="7"}`; undefined where there is none. */
  value(series: string): number | undefined {
    const line = this.text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  /** As {@link value}, of a ring's metric: `unread_bytes`. */
  ring(id: number, metric: string): number | undefined {
    return this.value(`bpf_ringbuf_${metric}{map_id="${id}"}`);
  }
}
