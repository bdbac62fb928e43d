import { setTimeout as delay } from 'node:timers/promises';
import { BpfMap } from '../../kernel/index.ts';
import { type Burst, TARGET } from '../live/burst.ts';
import { Consumer } from '../live/consumer.ts';
import type { Lane } from '../live/pair.ts';
import { Producer } from '../live/producer.ts';
import { lanesOf } from '../live/work.ts';
import { spread } from '../statistics.ts';
import type { Figure, Suite, Target } from '../suite.ts';
import { medianOf, target } from '../target.ts';
import { costOf, residentMb } from './proc.ts';

/** What runtimes do once after their start shall be over. */
const SETTLE_MS = 2000;
const WINDOW_MS = 1000;

const PEERS = ['libbpf', 'cilium/ebpf', 'BCC'];
const BURST: Burst = { by: 'reserve', records: 1, wakeup: 'adaptive', value: 'one' };

/** Readers of rings into which nothing is sent. */
export const idle: Suite = {
  name: 'idle',
  title: 'Readers wait, and nothing happens',
  async run({ quick, peers, progress }) {
    const windows = quick ? 3 : 5;
    const entries = [
      ...PEERS.map((peer) => ({ reader: peer, peer, mode: 'count' as const, burst: BURST })),
      { reader: 'ringtail', mode: 'count' as const, burst: BURST },
    ];
    const { lanes, absent } = lanesOf({ entries, ringSize: 2 ** 16, producers: 1 }, peers);
    const figures = await measure(lanes, windows, (share) => progress(share, 'waiting'));
    const method = `all at once, ${windows} × ${WINDOW_MS / 1000} s, ${SETTLE_MS / 1000} s after they began to wait`;
    const work = { name: 'waiting', title: 'a ring that stays empty', method, reference: 'libbpf' };
    return { works: [{ ...work, figures, absent }], targets: idleTargets(figures) };
  },
};

/** A reader that waits, and the one who can end that. */
interface Waiting {
  readonly lane: Lane;
  readonly map: BpfMap;
  readonly consumer: Consumer;
  readonly producer: Producer;
}

async function open(lane: Lane): Promise<Waiting> {
  const { reader, command, mode, burst, ringSize, cpus } = lane;
  const map = BpfMap.create({ name: TARGET, type: 'RINGBUF', maxEntries: ringSize });
  const mapId = map.info().id;
  const consumer = await Consumer.start(reader, command, { mapId, mode, cpu: cpus.consumer });
  return { lane, map, consumer, producer: await Producer.start(mapId, burst, cpus.producers[0]!) };
}

async function measure(
  lanes: readonly Lane[],
  windows: number,
  progress: (share: number) => void,
): Promise<Figure[]> {
  const all = await Promise.all(lanes.map(open));
  const ended = all.map(({ consumer }) => consumer.consume());
  await delay(SETTLE_MS);
  const costs = all.map((): ReturnType<typeof costOf>[] => []);
  for (let window = 0; window <= windows; window++) {
    for (const [i, { consumer }] of all.entries()) costs[i]!.push(costOf(consumer.pid));
    progress(window / windows);
    if (window < windows) await delay(WINDOW_MS);
  }
  const figures = all.flatMap(({ lane: { reader }, consumer }, i): Figure[] => {
    const each = (value: (cost: ReturnType<typeof costOf>) => number): number[] =>
      costs[i]!.slice(1).map((cost, window) => value(cost) - value(costs[i]![window]!));
    return [
      {
        reader,
        quantity: 'CPU',
        unit: '%',
        ...spread(each(({ cpuNs }) => (100 * cpuNs) / (WINDOW_MS * 1e6))),
      },
      {
        reader,
        quantity: 'wake-ups',
        unit: '/s',
        ...spread(each(({ switches }) => (1000 * switches) / WINDOW_MS)),
      },
      { reader, quantity: 'resident', unit: 'MB', ...spread([residentMb(consumer.pid)]) },
    ];
  });
  await Promise.all(all.map(({ producer }) => producer.end()));
  await Promise.all(ended);
  for (const { map, consumer, producer } of all) {
    consumer.close();
    producer.close();
    map.close();
  }
  return figures;
}

function idleTargets(figures: readonly Figure[]): Target[] {
  return [
    target('idle: CPU', 'at most', 0, '%', medianOf(figures, 'ringtail', 'CPU')),
    target('idle: wake-ups', 'at most', 0, '/s', medianOf(figures, 'ringtail', 'wake-ups')),
  ];
}
