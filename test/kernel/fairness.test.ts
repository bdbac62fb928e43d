import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { Child, type Lib } from './support/child.ts';
import { Flooder } from './support/flooder.ts';
import { kernelTest as test } from './support/privileged.ts';

const INTERVAL_MS = 5;
const LONGEST_GAP_MS = 20;
const SECONDS = 2;
/** Share of gaps that may be longer: the machine does other things too. */
const NOISE = 0.05;

/** How a flooded ring is read, and how many rings are flooded. */
const READERS = { poll: 1, 'for await': 1, batches: 1, group: 2, 'two loops at once': 2 } as const;

/**
 * Reads while a timer ticks, in a process of its own: the test runner hooks each promise, which costs a loop of promises
 * most of its time. Prints the ids of two rings, then, some time after these are flooded, the gaps between ticks.
 */
async function readFlooded(
  { producer, ringbuf, fs }: Lib,
  how: keyof typeof READERS,
  flooded: number,
  seconds: number,
  intervalMs: number,
): Promise<void> {
  const { Producer } = producer;
  const producers = [await Producer.create(1024 * 1024), await Producer.create(1024 * 1024)];
  const [first, second] = producers.map(({ ring }) => ring);
  fs.writeSync(1, `${JSON.stringify(producers.map(({ ring }) => ring.mapId))}\n`);
  for (const { ring } of producers.slice(0, flooded)) await ring.cursor.poll(() => {});

  // Milliseconds for which this thread could have run, had it been given a CPU: other processes are not our doing.
  const timeWithoutCpu = (): number =>
    Number(fs.readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  const gaps: number[] = [];
  let last = performance.now();
  let waited = timeWithoutCpu();
  const timer = setInterval(() => {
    const [now, waitedNow] = [performance.now(), timeWithoutCpu()];
    gaps.push(now - last - (waitedNow - waited));
    [last, waited] = [now, waitedNow];
  }, intervalMs);

  const end = performance.now() + seconds * 1000;
  const stop = (): boolean => performance.now() >= end;
  let count = 0;
  const batches = async (ring: typeof first): Promise<void> => {
    for await (const batch of ring!.batches()) {
      count += batch.length;
      if (stop()) break;
    }
  };
  const readers = {
    async poll() {
      while (!stop()) count += await first!.cursor.poll(() => {});
    },
    async 'for await'() {
      for await (const _ of first!) {
        count++;
        if (stop()) break;
      }
    },
    batches: () => batches(first),
    async group() {
      const group = new ringbuf.RingBufferGroup().add(first!.cursor, () => {}).add(second!.cursor, () => {});
      while (!stop()) count += await group.poll();
    },
    'two loops at once': async () => void (await Promise.all([batches(first), batches(second)])),
  };
  await readers[how]();
  clearInterval(timer);
  for (const { object } of producers) await object.close();
  fs.writeSync(1, `${JSON.stringify({ count, gaps })}\n`);
}

for (const [name, flooded] of Object.entries(READERS) as [keyof typeof READERS, number][]) {
  test(`a timer of ${INTERVAL_MS} ms keeps its time while a producer floods the ring (${name})`, async (t) => {
    const reader = Child.start(readFlooded, [name, flooded, SECONDS, INTERVAL_MS]);
    const rings = (JSON.parse(await reader.line()) as number[]).slice(0, flooded);
    const flooders = rings.map((ring) => Flooder.start(ring, { cpu: availableParallelism() - 1 }));
    const { count, gaps } = JSON.parse(await reader.line()) as { count: number; gaps: number[] };
    await reader.success();
    for (const { child } of flooders) await child.kill();

    gaps.sort((a, b) => a - b);
    const late = gaps.filter((gap) => gap > LONGEST_GAP_MS).length;
    const at = (share: number): string => gaps[Math.floor((gaps.length - 1) * share)]!.toFixed(1);
    t.diagnostic(`${count} records; gaps in ms: median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`);
    assert.ok(count > 20_000, `a flood of ${count} records is none`);
    assert.ok(gaps.length > (SECONDS * 1000) / LONGEST_GAP_MS, `${gaps.length} ticks`);
    assert.ok(late <= gaps.length * NOISE, `${late} of ${gaps.length} gaps longer than ${LONGEST_GAP_MS} ms`);
  });
}
