/** What watching costs, and what it does to a producer of another make: nothing. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { type RingReport, watchRings } from '../../src/index.ts';
import { nearAim } from './support/aim.ts';
import { Running } from './support/cli.ts';
import { Exporter } from './support/exporter.ts';
import { LibbpfFlood } from './support/libbpf-flood.ts';
import { kernelTest as test } from './support/privileged.ts';
import { costBetween, costOf, delay, residentKb } from './support/proc.ts';
import { manyRings } from './support/producer.ts';

/** Time for V8 to compile what runs again and again. */
const WARM_MS = 20_000;
const MEASURED_MS = 12_000;

test('200 rings at 1 Hz, with samples between, take about 2 % of a core and 90 MB at most', async (t) => {
  const maps = manyRings(200);
  const top = new Running('top', '--json');
  const exporters = [await Exporter.start(), await Exporter.start()];
  const [scraped, shown] = exporters as [Exporter, Exporter];
  // As Prometheus may, and as an open page does.
  const scraping = setInterval(() => void scraped.scrape(), 1000);
  const page = get(new URL('/events', shown.url), (events) => events.resume());
  const watchers = {
    'ringtail top --json': top.pid,
    'ringtail exporter, scraped each second': scraped.running.pid,
    'ringtail exporter with a page': shown.running.pid,
  };
  await delay(WARM_MS);
  const before = Object.values(watchers).map(costOf);
  const start = performance.now();
  await delay(MEASURED_MS);
  const seconds = (performance.now() - start) / 1000;
  for (const [i, [name, pid]] of Object.entries(watchers).entries()) {
    const percent = costBetween(before[i]!, costOf(pid)).ticks / seconds;
    const mb = (residentKb(pid) * 1024) / 1e6;
    nearAim(t, name, percent, 2, '% of a core');
    nearAim(t, name, mb, 90, 'MB');
  }
  clearInterval(scraping);
  page.destroy();
  assert.equal((await top.interrupt()).stderr, '');
  for (const exporter of exporters) await exporter.stop();
  for (const map of maps) map.close();
});

test('a ring of a libbpf program is watched through a flood; its owner gets every record', async () => {
  const total = 300_000;
  const flood = await LibbpfFlood.create({ total, size: 64 * 1024, cpu: 0 });
  const seen: RingReport[] = [];
  const stop = new AbortController();
  const owner = (async () => {
    const result = await flood.owner();
    // The report after the last record.
    setTimeout(() => stop.abort(), 500);
    return result;
  })();
  flood.begin();
  await assert.rejects(
    async () => {
      for await (const { rings } of watchRings({ intervalMs: 100, signal: stop.signal })) {
        seen.push(rings.find(({ id }) => id === flood.mapId)!);
      }
    },
    { name: 'AbortError' },
  );
  assert.deepEqual(await owner, { seen: total, wrong: 0 });
  const last = seen.at(-1)!;
  assert.deepEqual(
    [last.name, last.size, last.processes?.map(({ pid }) => pid)],
    ['libbpf_events', 65_536, [flood.pid]],
  );
  assert.deepEqual(
    last.programs?.map(({ name }) => name),
    ['flood'],
  );
  assert.equal(last.producedBytes, last.producerPosition);
  assert.ok(seen.some(({ inPerSecond, outPerSecond }) => inPerSecond > 1e6 && outPerSecond > 1e6));
  // Positions only grow, and nothing is made up: a rate is the difference of two of them.
  for (const [i, { producerPosition, consumerPosition, unread }] of seen.entries()) {
    assert.ok(i === 0 || producerPosition >= seen[i - 1]!.producerPosition);
    assert.ok(consumerPosition <= producerPosition && unread <= 65_536);
  }
  await flood.end();
});
