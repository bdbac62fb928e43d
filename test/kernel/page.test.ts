/** What the live page is served: reports and records as streams, to so many clients and no more. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { BpfMap, RingMonitor } from '../../src/index.ts';
import type { PageColumns, PageRecords, PageReport } from '../../src/metrics/exporter/page-report.ts';
import { LatestRecords } from '../../src/metrics/latest-records.ts';
import { Running, ringtail } from './support/cli.ts';
import { EventStream } from './support/event-stream.ts';
import { Exporter } from './support/exporter.ts';
import { isIntact, LibbpfFlood } from './support/libbpf-flood.ts';
import { pagesOf } from './support/pages.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay, residentKb, ringMappings, until } from './support/proc.ts';
import { PAGE, Producer, range } from './support/producer.ts';

/** As many as are let in at once. */
const WATCHERS = 16;
const TAPS = 4;
/** Bytes that a sample takes in the ring. */
const RECORD = 16;

test('reports come as the rings move', async () => {
  await using producer = await Producer.create();
  const exporter = await Exporter.start('--interval', '100ms');
  const page = await EventStream.open(`${exporter.url.origin}/events`);
  const ringOf = ({ rings }: PageReport): PageReport['rings'][number] | undefined =>
    rings.find(({ id }) => id === producer.ring.mapId);
  const { tap, drops } = await page.next<PageReport>('report', (report) => ringOf(report)?.unread === 0);
  assert.deepEqual([tap, drops], [false, 'off']);
  producer.sendRange(0, 4);
  const report = await page.next<PageReport>('report', (now) => ringOf(now)!.in > 0);
  const { name, unread, owner, drops: dropped } = ringOf(report)!;
  assert.deepEqual([name, unread, owner, dropped], ['ring', 64, `node/${process.pid}`, null]);
  page.close();
  await exporter.stop();
});

test("records of another program's ring: all of them, and the ring is as if nobody had looked", async () => {
  const size = 16 * PAGE;
  const flood = await LibbpfFlood.create({ total: 400, size, cpu: 0 });
  const exporter = await Exporter.start('--interval', '100ms', '--allow-tap');
  await exporter.until('the ring', (scrape) => scrape.ring(flood.mapId, 'size_bytes') === size);
  const records = await EventStream.open(`${exporter.url.origin}/records/${flood.mapId}`);
  const { columns } = await records.next<PageColumns>('columns');
  assert.deepEqual(columns.at(-1), { header: 'BYTES', isNumber: false }, 'they are of many lengths');
  flood.begin();
  const { seen, wrong } = await flood.owner();
  assert.equal(wrong, 0);
  const pages = pagesOf(flood.mapId, size);
  const { rows } = await records.next<PageRecords>('records', ({ text }) =>
    text.startsWith(`${seen} records`),
  );
  [...rows].reverse().forEach(([, length, hex], i) => {
    const sequence = seen - 1 - i;
    assert.equal(Number(length), 16 + (sequence & 31) * 8);
    const bytes = new Uint8Array(Buffer.from(hex!.slice(0, 200 - 8), 'hex'));
    assert.equal(new DataView(bytes.buffer).getUint32(0, true), sequence);
    if (bytes.length === Number(length)) assert.ok(isIntact(bytes), hex);
  });
  assert.equal(ringMappings(exporter.running.pid), 0, 'it is let go of between two looks');

  // Again, from its beginning.
  const again = await EventStream.open(`${exporter.url.origin}/records/${flood.mapId}`);
  await again.next<PageRecords>('records', ({ text }) => text === `${seen} records, nothing skipped`);
  assert.ok(pagesOf(flood.mapId, size).equals(pages), 'positions and records are as they were');
  const monitor = RingMonitor.open(flood.mapId);
  await flood.end();
  await until('the ring to die with its owner', () => monitor.read() === undefined);
  assert.equal(await records.next('end'), 'the ring is gone');
  assert.equal(await again.next('end'), 'the ring is gone');
  await exporter.stop();
});

test('a look reads 128 KiB and shows 20 records; what came on top of that is told as skipped', async () => {
  await using producer = await Producer.create(256 * PAGE);
  const mostRecords = (128 * 1024) / RECORD;
  const open = (): LatestRecords =>
    new LatestRecords({ id: producer.ring.mapId, name: 'ring', programs: [] });
  const latest = open();
  assert.deepEqual(latest.look(), { rows: [], records: 0 });
  producer.sendRange(0, mostRecords + 100);
  const { rows, records } = latest.look();
  assert.equal(records, mostRecords);
  assert.deepEqual(
    rows.map(([position]) => Number(position) / RECORD),
    range(mostRecords - 20, mostRecords),
  );
  assert.equal(latest.look().records, 100);
  assert.equal(latest.tally.gaps, 0);
  producer.sendRange(0, 2 * mostRecords + 1);
  assert.equal(latest.look().records, mostRecords);
  assert.equal(latest.tally.skippedBytes, BigInt((mostRecords + 1) * RECORD));
  assert.equal(latest.look().records, 0);

  const late = open();
  assert.deepEqual(late.look(), { rows: [], records: 0 }, 'too much to begin with');
  producer.send(0);
  assert.equal(late.look().records, 1);
  assert.equal(late.tally.gaps, 0);
});

test('records are shown only where that is allowed, of rings that are there', async () => {
  await using producer = await Producer.create();
  const path = `records/${producer.ring.mapId}`;
  const without = await Exporter.start();
  const refused = await fetch(`${without.url.origin}/${path}`);
  assert.deepEqual(
    [refused.status, await refused.text()],
    [403, 'records are shown with --allow-tap only\n'],
  );
  await without.stop();

  const user = BpfMap.create({ name: 'user', type: 'USER_RINGBUF', maxEntries: PAGE });
  const exporter = await Exporter.start('--allow-tap');
  const end = async (id: number): Promise<string> => {
    const stream = await EventStream.open(`${exporter.url.origin}/records/${id}`);
    return stream.next<string>('end');
  };
  assert.match(await end(user.info().id), /is a user ring/);
  assert.equal(await end(4_000_000_000), 'the ring is gone');
  for (const id of ['', '-1', '1e3', '99999999999', '1/2']) {
    assert.equal((await fetch(`${exporter.url.origin}/records/${id}`)).status, 404, id);
  }
  user.close();
  await exporter.stop();
});

/** Asks again until it is let in. */
async function untilLetIn(url: string): Promise<void> {
  for (let isIn = false; !isIn; await delay(20)) {
    const stream = await EventStream.open(url);
    isIn = stream.status === 200 && (await stream.event()).name !== 'end';
    stream.close();
  }
}

test('one page, or one tap, beyond the limit is refused, until another goes', async () => {
  await using producer = await Producer.create();
  const exporter = await Exporter.start('--interval', '100ms', '--allow-tap');
  const events = `${exporter.url.origin}/events`;
  const records = `${exporter.url.origin}/records/${producer.ring.mapId}`;
  const open = (url: string, count: number): Promise<EventStream[]> =>
    Promise.all(Array.from({ length: count }, () => EventStream.open(url)));

  const watchers = await open(events, WATCHERS);
  const refused = await fetch(events);
  assert.deepEqual([refused.status, await refused.text()], [503, 'too many pages are watching\n']);
  const taps = await open(records, TAPS);
  for (const tap of taps) await tap.next('columns');
  const fifth = await EventStream.open(records);
  assert.match(await fifth.next<string>('end'), /^4 rings have their records shown already/);

  watchers[0]!.close();
  taps[0]!.close();
  await untilLetIn(events);
  await untilLetIn(records);
  for (const stream of [...watchers, ...taps]) stream.close();
  await exporter.stop();
});

test('pages that do not read cost little memory, and others are served on', async () => {
  const maps = Array.from({ length: 300 }, (_, i) =>
    BpfMap.create({ name: `ring${i}`, type: 'RINGBUF', maxEntries: PAGE }),
  );
  const exporter = await Exporter.start('--interval', '50ms');
  const { port, hostname, origin } = exporter.url;
  const deaf = Array.from({ length: WATCHERS - 1 }, () => {
    const socket = connect(Number(port), hostname).pause();
    socket.on('error', () => {}).write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  });
  const page = await EventStream.open(`${origin}/events`);
  // Some 100 kB each: more than the kernel takes for a client.
  for (let reports = 0; reports < 100; reports++) await page.next('report');
  assert.equal((await exporter.scrape()).value('bpf_ringbuf_exporter_errors_total'), 0);
  const memory = residentKb(exporter.running.pid);
  assert.ok(memory < 150_000, `${memory} kB`);
  page.close();
  for (const socket of deaf) socket.destroy();
  await exporter.stop();
  for (const map of maps) map.close();
});

test('top --web serves the page on a free port, and ends at Ctrl-C while a page is open', async () => {
  const top = new Running('top', '--web', '--interval', '100ms');
  await top.ready();
  assert.match(top.stdout, /^http:\/\/127\.0\.0\.1:\d+\/\n$/);
  const url = top.stdout.trim();
  assert.match(await (await fetch(url)).text(), /<title>BPF ring buffers<\/title>/);
  const page = await EventStream.open(`${url}events`);
  await page.next('report');
  const { status, stdout, stderr } = await top.interrupt();
  assert.deepEqual([status, stdout, stderr], [0, `${url}\n`, '']);
});

test('top --web: an address of choice, an end; what does not go with it is told', async () => {
  const { status, stdout } = ringtail('top', '--web', '[::1]:0', '--duration', '200ms');
  assert.equal(status, 0);
  assert.match(stdout, /^http:\/\/\[::1\]:\d+\/\n$/);
  for (const option of [['--once'], ['--json'], ['--advise'], ['--sort', 'name']]) {
    const refused = ringtail('top', '--web', ...option);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /'--web \[address\]' cannot be used with option '--/);
  }
  const alone = ringtail('top', '--allow-tap');
  assert.equal(alone.status, 2);
  assert.match(alone.stderr, /--allow-tap is for the page, and there is none\nGive --web too/);
});
