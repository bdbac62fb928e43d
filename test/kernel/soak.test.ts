/** A watcher runs for months: what two minutes of reports, scrapes and passing rings take is given back. */
import assert from 'node:assert/strict';
import { Child } from './support/child.ts';
import { kernelTest as test } from './support/privileged.ts';
import { delay } from './support/proc.ts';
import { manyRings } from './support/producer.ts';

/** What the exporter holds, its garbage collected. */
interface Held {
  readonly heapKb: number;
  readonly residentKb: number;
  readonly files: number;
}

const SECONDS = 120;
/** Reports and scrapes of a second: two minutes have as many as 40 otherwise. */
const REPORTS = 20;
/**
 * Most that it may grow by in such a second. V8 keeps what it knows of code, up to a megabyte in the first ten minutes, then
 * gives it back; half a kilobyte kept for each report or scrape would be 20.
 */
const HEAP_KB = 15;
/** Of native memory malloc keeps a multiple; a response that is kept for each scrape would be some thousand. */
const RESIDENT_KB = 200;

test('what scrapes, reports, and rings that come and go take is given back', async () => {
  const rings = manyRings(200);
  // A process of its own: what scrapes it takes memory too.
  const child = Child.start(
    async ({ metrics, fs, readline }, intervalMs) => {
      const exporter = await metrics.RingExporter.start({ host: '127.0.0.1', port: 0, intervalMs });
      console.log(exporter.url);
      for await (const _ of readline.createInterface({ input: process.stdin })) {
        globalThis.gc!();
        const { heapUsed, external, rss } = process.memoryUsage();
        const files = fs.readdirSync('/proc/self/fd').length;
        console.log(JSON.stringify({ heapKb: (heapUsed + external) / 1000, residentKb: rss / 1000, files }));
      }
      await exporter.close();
    },
    [1000 / REPORTS],
    { node: ['--expose-gc'] },
  );
  const url = await child.line();
  const held: Held[] = [];
  for (let second = 0; second < SECONDS; second++) {
    const passing = manyRings(20);
    for (let i = 0; i < REPORTS; i++) await (await fetch(`${url}metrics`)).text();
    await delay(1000);
    for (const map of passing) map.close();
    child.process.stdin!.write('\n');
    held.push(JSON.parse(await child.line()) as Held);
  }
  child.process.stdin!.end();
  await child.success();
  // The first rounds fill caches.
  const rest = held.slice(SECONDS / 6);
  const growth = (what: keyof Held): number => slope(rest.map((now) => now[what]));
  const words = `heap ${growth('heapKb').toFixed(2)}, resident ${growth('residentKb').toFixed(2)} kB a second`;
  console.log(`${words}; ${JSON.stringify(rest.at(-1))}`);
  assert.ok(growth('heapKb') < HEAP_KB, words);
  assert.ok(growth('residentKb') < RESIDENT_KB, words);
  assert.ok(growth('files') < 0.05, `${rest.map(({ files }) => files).join(' ')} files`);
  for (const map of rings) map.close();
});

/** By how much values that are one step apart grow with each step, by least squares. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covered = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  return covered / values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
}
