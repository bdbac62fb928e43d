/** What watching costs, and what it does to a producer of another make: nothing. */
import assert from 'node:assert/strict';
import { BpfMap, type RingReport, watchRings } from '../../src/index.ts';
import { Child } from './support/child.ts';
import { LibbpfFlood } from './support/libbpf-flood.ts';
import { kernelTest as test } from './support/privileged.ts';
import { PAGE } from './support/producer.ts';

test('200 rings at 1 Hz, with samples between, take less than 2 % of a core and 90 MB', async (t) => {
  const maps = Array.from({ length: 200 }, (_, i) =>
    BpfMap.create({ name: `many${i}`, type: 'RINGBUF', maxEntries: PAGE }),
  );
  const child = Child.start(async ({ metrics }) => {
    let reports = 0;
    let before = process.cpuUsage();
    let at = performance.now();
    for await (const { rings } of metrics.watchRings()) {
      reports++;
      if (reports === 4) {
        // V8 has compiled by now what runs again and again.
        before = process.cpuUsage();
        at = performance.now();
      }
      if (reports < 12) continue;
      const { user, system } = process.cpuUsage(before);
      const ms = performance.now() - at;
      const share = { user: user / ms / 10, system: system / ms / 10 };
      console.log(JSON.stringify({ ...share, mb: process.memoryUsage.rss() / 1e6, rings: rings.length }));
      break;
    }
  }, []);
  const { user, system, mb, rings } = JSON.parse(await child.line()) as Record<string, number>;
  t.diagnostic(
    `${user!.toFixed(1)} % of a core, ${system!.toFixed(1)} % in the kernel, ${mb!.toFixed(0)} MB`,
  );
  await child.success();
  for (const map of maps) map.close();
  assert.ok(rings! >= 200);
  assert.ok(user! < 2, `${user} % of a core`);
  assert.ok(mb! < 90, `${mb} MB`);
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
