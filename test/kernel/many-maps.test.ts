/** A machine with thousands of maps, and hundreds of rings among them. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { BpfMap, type RingsReport } from '../../src/index.ts';
import { RingsById } from '../../src/metrics/by-ids.ts';
import { RingSurvey } from '../../src/metrics/survey.ts';
import { nearAim } from './support/aim.ts';
import { ringtail } from './support/cli.ts';
import { Exporter } from './support/exporter.ts';
import { kernelTest as test } from './support/privileged.ts';
import { PAGE } from './support/producer.ts';

const MAPS = 3000;
const RINGS = 400;

const others: BpfMap[] = [];
/** Names by id. */
const rings = new Map<number, string>();

before(() => {
  if (process.getuid?.() !== 0) return;
  for (let i = 0; i < MAPS; i++) {
    others.push(BpfMap.create({ name: `other${i}`, type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 }));
    if (i % Math.ceil(MAPS / RINGS) !== 0) continue;
    const ring = BpfMap.create({ name: `crowd${i}`, type: 'RINGBUF', maxEntries: PAGE });
    rings.set(ring.info().id, `crowd${i}`);
    others.push(ring);
  }
});

after(() => {
  for (const map of others) map.close();
});

/** Names of our rings among some, by id. */
function ours(listed: readonly { readonly id: number; readonly name: string }[]): Map<number, string> {
  return new Map(listed.filter(({ id }) => rings.has(id)).map(({ id, name }) => [id, name]));
}

/** Milliseconds that work takes: the median of some runs. */
function median(work: () => unknown): number {
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[4]!;
}

test('every ring is found among them, by its name, within bounds of time', async (t) => {
  const survey = await RingSurvey.open();
  const byIds = new RingsById();
  for (const way of [survey, byIds]) assert.deepEqual(ours(way.read()), rings);
  const owner = survey.users()([...rings.keys()][0]!).processes;
  assert.deepEqual(
    owner?.map(({ pid }) => pid),
    [process.pid],
  );
  const ms = {
    'all rings': median(() => survey.read()),
    'who has them': median(() => survey.users()),
    'all rings, by ids': median(() => byIds.read()),
  };
  t.diagnostic(`${rings.size} rings among ${others.length} maps`);
  // Once a second that is done.
  for (const [what, aim] of [
    ['all rings', 5],
    ['who has them', 50],
    ['all rings, by ids', 300],
  ] as const) {
    nearAim(t, what, ms[what], aim, 'ms');
  }
  await survey.close();
});

test('top shows them all', () => {
  const { status, stdout, stderr } = ringtail('top', '--once', '--json', '--interval', '200ms');
  assert.equal(status, 0, stderr);
  assert.deepEqual(ours((JSON.parse(stdout) as RingsReport).rings), rings);
});

test('the exporter gives series to as many rings as it is told to, and says how many it refused', async () => {
  const most = 50;
  const exporter = await Exporter.start('--max-rings', String(most));
  const scrape = await exporter.scrape();
  const all = scrape.value('bpf_ringbuf_exporter_rings')!;
  assert.ok(all >= rings.size);
  assert.equal(scrape.value('bpf_ringbuf_exporter_refused_rings'), all - most);
  for (const metric of ['size_bytes', 'stalled_seconds', 'info']) {
    assert.equal(scrape.text.match(new RegExp(`^bpf_ringbuf_${metric}\\{`, 'gm'))?.length, most);
  }
  await exporter.stop();
});
