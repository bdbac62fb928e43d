/** Whatever looks at a ring of somebody else leaves it as it was: its positions, its pages, and for how long it lives. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { listRings, queryRing, RingMonitor, RingTap, watchRings } from '../../src/index.ts';
import { RingsById } from '../../src/metrics/by-ids.ts';
import { closeFd, objectPin, openById } from '../../src/sys/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { Child } from './support/child.ts';
import { RINGTAIL, Running, ringtail } from './support/cli.ts';
import { EventStream } from './support/event-stream.ts';
import { Exporter } from './support/exporter.ts';
import { pagesOf } from './support/pages.ts';
import { kernelTest as test } from './support/privileged.ts';
import { asNobody } from './support/privileges.ts';
import { until } from './support/proc.ts';
import { manyRings, PAGE } from './support/producer.ts';

/** A process with a ring in which 6 of 10 records are unread. It prints the ring's id, then its positions at each line of input. */
function owner(): Child {
  return Child.start(async ({ producer: { Producer } }) => {
    const producer = await Producer.create(4096);
    producer.sendRange(0, 10);
    producer.ring.consume(() => {}, { max: 4 });
    console.log(producer.ring.mapId);
    process.stdin.on('data', () => {
      const { consumerPosition, producerPosition, delivered } = producer.ring.stats();
      console.log(`${consumerPosition} ${producerPosition} ${delivered}`);
    });
  }, []);
}

/** Runs a command that must see the ring. */
function sees(id: number, ...args: string[]): void {
  const { status, stdout, stderr } = ringtail(...args);
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(args[0] === 'tail' ? '"sequence":9' : `\\b${id}\\b`));
}

/** An exporter that has the ring, until `work` is done. */
async function withExporter(id: number, args: string[], work?: (url: URL) => Promise<void>): Promise<void> {
  const exporter = await Exporter.start('--interval', '100ms', ...args);
  await exporter.until('the ring', (scrape) => scrape.ring(id, 'unread_bytes') === 6 * 16);
  await work?.(exporter.url);
  await exporter.stop();
}

const SAMPLE = 'struct { u32 producer; u32 sequence; }';

/** By what it is called: everything that looks at rings. */
const LOOKS: Readonly<Record<string, (id: number) => Promise<void> | void>> = {
  'listRings()': async (id) => assert.ok((await listRings()).some((ring) => ring.id === id)),
  'watchRings() with drops': async (id) => {
    let reports = 0;
    for await (const { rings } of watchRings({ intervalMs: 100, drops: true })) {
      assert.equal(rings.find((ring) => ring.id === id)?.unread, 6 * 16);
      if (++reports === 3) break;
    }
  },
  'a survey by ids': (id) =>
    assert.ok(new RingsById().read().some((ring) => ring.id === id && ring.head !== undefined)),
  RingMonitor: (id) => assert.equal(RingMonitor.open(id).read()?.unread, 6 * 16),
  RingTap: async (id) => {
    const tap = RingTap.open(id, { fromOldest: true });
    for await (const items of tap.items()) if (items.some(({ kind }) => kind === 'record')) break;
    tap.close();
  },
  bpf_ringbuf_query: (id) => {
    const fd = openById('MAP', id);
    assert.equal(queryRing(fd).available, 6n * 16n);
    closeFd(fd);
  },
  'ringtail top --once': (id) => sees(id, 'top', '--once', '--interval', '100ms'),
  'ringtail top --json --drops': (id) =>
    sees(id, 'top', '--once', '--json', '--drops', '--interval', '100ms'),
  'ringtail tail': (id) =>
    sees(id, 'tail', String(id), '--from-oldest', '--json', '--max-events', '10', '--type', SAMPLE),
  'ringtail tail --write': (id) => {
    const { status, stderr } = ringtail(
      ...['tail', String(id), '--from-oldest', '--max-events', '3', '--write', '/dev/null'],
    );
    assert.equal(status, 0, stderr);
  },
  'ringtail tail, killed': async (id) => {
    const tail = new Running('tail', String(id), '--from-oldest');
    await tail.until((stdout) => stdout.split('\n').length > 5);
    tail.child.kill('SIGKILL');
    await tail.end();
  },
  'ringtail exporter, its page and the records there': (id) =>
    withExporter(id, ['--drops', '--allow-tap'], async ({ origin }) => {
      const streams = [
        await EventStream.open(`${origin}/events`),
        await EventStream.open(`${origin}/records/${id}`),
      ];
      await streams[0]!.next('report');
      await streams[1]!.next('records');
      for (const stream of streams) stream.close();
    }),
  'a listener whose port is in use': async (id) => {
    const exporter = await Exporter.start();
    for (const command of [
      ['exporter', '--drops', '--listen'],
      ['top', '--web'],
    ]) {
      const { status, stderr } = ringtail(...command, exporter.url.host);
      assert.equal(status, 1);
      assert.match(stderr, /the port is in use/);
    }
    assert.equal((await exporter.scrape()).ring(id, 'unread_bytes'), 6 * 16);
    await exporter.stop();
  },
  'who may not look at it': (id) => {
    for (const command of [['top', '--once'], ['exporter'], ['exporter', '--query'], ['tail', String(id)]]) {
      const { status, stderr } = asNobody([], RINGTAIL, ...command);
      assert.equal(status, 1);
      assert.match(stderr, /lacks CAP_/);
    }
  },
  'a look at a thousand rings, some of which go away meanwhile': async (id) => {
    const crowd = manyRings(1000);
    for await (const { rings } of watchRings({ intervalMs: 10, drops: true })) {
      assert.equal(rings.find((ring) => ring.id === id)?.unread, 6 * 16);
      for (const ring of crowd.splice(0, 100)) ring.close();
      if (crowd.length === 0) break;
    }
  },
  'ringtail exporter --query': (id) => withExporter(id, ['--query']),
  'ringtail exporter --pin': (id) =>
    withBpffs(async (directory) => {
      const pin = `${directory}/ring`;
      const fd = openById('MAP', id);
      objectPin(fd, pin, 'map');
      closeFd(fd);
      await withExporter(id, ['--pin', pin]);
      rmSync(pin);
    }),
};

for (const [name, look] of Object.entries(LOOKS)) {
  test(`${name} leaves a ring as it was`, async (t) => {
    const child = owner();
    t.after(() => child.kill());
    const id = Number(await child.line());
    const monitor = RingMonitor.open(id);
    const pages = pagesOf(id, PAGE);
    await look(id);
    assert.ok(pagesOf(id, PAGE).equals(pages), 'positions and records are as they were');
    child.process.stdin!.write('\n');
    assert.equal(await child.line(), '64 160 4', 'as its owner sees it');
    await child.kill();
    await until('the ring to die with its owner', () => monitor.read() === undefined);
  });
}
