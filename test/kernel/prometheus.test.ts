/** Debian's Prometheus scrapes the exporter, and answers queries with the figures of a ring. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exporter } from './support/exporter.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { PAGE, Producer } from './support/producer.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Prometheus that scrapes one target four times a second. */
class Prometheus {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #url: string;
  #log = '';

  private constructor(process: ChildProcess, directory: string, port: number) {
    this.#process = process;
    this.#directory = directory;
    this.#url = `http://127.0.0.1:${port}`;
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
  }

  static async start(target: string): Promise<Prometheus> {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-prometheus-'));
    const configuration = {
      global: { scrape_interval: '250ms', scrape_timeout: '250ms' },
      scrape_configs: [{ job_name: 'rings', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(configuration));
    const port = await freePort();
    const args = [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    return new Prometheus(
      spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] }),
      directory,
      port,
    );
  }

  /** Asks until the answer is the expected one, for half a minute at most. */
  async expect(query: string, expected: (value: number) => boolean): Promise<number> {
    let last: unknown;
    for (const end = Date.now() + 30_000; Date.now() < end; await delay(100)) {
      last = await this.#ask(query).catch((error: Error) => error.message);
      if (typeof last === 'number' && expected(last)) return last;
    }
    return assert.fail(`${query} is ${JSON.stringify(last)}\n${this.#log.slice(-2000)}`);
  }

  async #ask(query: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.length === 1 ? Number(data.result[0]!.value[1]) : data.result;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true });
  }
}

test('Prometheus answers with the right figures', async () => {
  await using producer = await Producer.create(4 * PAGE);
  const exporter = await Exporter.start('--interval', '100ms');
  const prometheus = await Prometheus.start(exporter.url.host);
  const id = producer.ring.mapId;
  const is = (expected: number) => (value: number) => value === expected;
  await prometheus.expect('up', is(1));
  producer.sendRange(0, 100);
  await prometheus.expect(`bpf_ringbuf_unread_bytes{map_id="${id}"}`, is(1600));
  await prometheus.expect(`bpf_ringbuf_produced_bytes_total{map_id="${id}"}`, is(1600));
  // As the dashboard and the alerts join them.
  const used = 'bpf_ringbuf_unread_bytes / on(instance, map_id) bpf_ringbuf_size_bytes';
  const named = `${used} * on(instance, map_id) group_left(name, owner) bpf_ringbuf_info{name="ring", owner="node", map_id="${id}"}`;
  await prometheus.expect(named, is(1600 / (4 * PAGE)));
  await prometheus.expect(`bpf_ringbuf_stalled_seconds{map_id="${id}"}`, (seconds) => seconds > 0.5);
  producer.ring.consume(() => {});
  await prometheus.expect(`bpf_ringbuf_unread_bytes{map_id="${id}"}`, is(0));
  // 1600 bytes within the 4 seconds behind us, as Prometheus extrapolates them.
  await prometheus.expect(
    `increase(bpf_ringbuf_consumed_bytes_total{map_id="${id}"}[4s])`,
    (bytes) => bytes > 1200 && bytes < 2400,
  );
  await prometheus.stop();
  await exporter.stop();
});
