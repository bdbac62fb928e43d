import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { RingBufferGroup } from '../../src/ringbuf/index.ts';
import { Flooder } from './support/flooder.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Producer } from './support/producer.ts';

const INTERVAL_MS = 5;
const LONGEST_GAP_MS = 20;
const SECONDS = 2;
/** Share of gaps that may be longer: the machine does other things too. */
const NOISE = 0.01;

/** Milliseconds for which this thread could have run, had it been given a CPU; other processes are not our doing. */
function timeWithoutCpu(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
}

/** Reads until `stop` says so; gives the number of records. */
type Reader = (producers: readonly Producer[], stop: () => boolean) => Promise<number>;

const READERS: Record<string, Reader> = {
  async poll([producer], stop) {
    let count = 0;
    while (!stop()) count += await producer!.ring.cursor.poll(() => {});
    return count;
  },
  async 'for await'([producer], stop) {
    let count = 0;
    for await (const _ of producer!.ring) {
      count++;
      if (stop()) break;
    }
    return count;
  },
  async batches([producer], stop) {
    let count = 0;
    for await (const batch of producer!.ring.batches()) {
      count += batch.length;
      if (stop()) break;
    }
    return count;
  },
  async group(producers, stop) {
    let count = 0;
    const group = new RingBufferGroup();
    for (const { ring } of producers) group.add(ring.cursor, () => {});
    while (!stop()) count += await group.poll();
    return count;
  },
  async 'two loops at once'([first, second], stop) {
    const read = (producer: Producer): Promise<number> => READERS['batches']!([producer], stop);
    const counts = await Promise.all([read(first!), read(second!)]);
    return counts[0]! + counts[1]!;
  },
};

for (const [name, read] of Object.entries(READERS)) {
  test(`a timer of ${INTERVAL_MS} ms keeps its time while a producer floods the ring (${name})`, async (t) => {
    const producers = [await Producer.create(1024 * 1024), await Producer.create(1024 * 1024)];
    const cpu = availableParallelism() - 1;
    const flooders = producers.map(({ ring }) => Flooder.start(ring.mapId, { cpu }));
    if (name !== 'group' && name !== 'two loops at once') await flooders.pop()!.child.kill();
    for (const flooder of flooders) await flooder.began();

    const gaps: number[] = [];
    let last = performance.now();
    let waited = timeWithoutCpu();
    const timer = setInterval(() => {
      const [now, waitedNow] = [performance.now(), timeWithoutCpu()];
      gaps.push(now - last - (waitedNow - waited));
      [last, waited] = [now, waitedNow];
    }, INTERVAL_MS);
    const end = performance.now() + SECONDS * 1000;
    const count = await read(producers, () => performance.now() >= end);
    clearInterval(timer);
    for (const { child } of flooders) await child.kill();
    for (const producer of producers) await producer.close();

    gaps.sort((a, b) => a - b);
    const late = gaps.filter((gap) => gap > LONGEST_GAP_MS).length;
    const at = (share: number): string => gaps[Math.floor((gaps.length - 1) * share)]!.toFixed(1);
    t.diagnostic(`${count} records; gaps in ms: median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`);
    assert.ok(count > 20_000, `a flood of ${count} records is none`);
    assert.ok(gaps.length > (SECONDS * 1000) / LONGEST_GAP_MS, `${gaps.length} ticks`);
    assert.ok(late <= gaps.length * NOISE, `${late} of ${gaps.length} gaps longer than ${LONGEST_GAP_MS} ms`);
  });
}
