import type { Suite, Target, Work } from '../suite.ts';
import { medianOf, ratio, target } from '../target.ts';
import type { Burst } from './burst.ts';
import { BATCH, type Mode } from './consumer.ts';
import type { Round } from './pair.ts';
import { type Effort, type Entry, type LiveWork, type Quantity, runWorks } from './work.ts';

const FULL: Effort = { ms: 500, rounds: 7 };
const QUICK: Effort = { ms: 300, rounds: 3 };

const KIB = 1024;
const MIB = 1024 * KIB;
/** Some 25 ms of a producer that makes no pause: readers of this library give the event loop a turn every few. */
const RING_SIZE = 4 * MIB;

/** As the program of the kernel's benchmark sends, unless told otherwise. */
const BURST: Burst = { by: 'reserve', records: BATCH, wakeup: 'adaptive', value: 'one' };

/** Records of 8 bytes, sent while they are read: the shapes of the kernel's own benchmark (`bench_ringbufs.c`). */
export const live: Suite = {
  name: 'live',
  title: 'Records of 8 bytes are read while they are sent, in batches of 500',
  async run(context) {
    const chosen = WORKS.filter((work) => work.quick || !context.quick);
    const works = await runWorks(chosen, context.quick ? QUICK : FULL, QUANTITIES, context);
    return { works, targets: liveTargets(works) };
  },
};

/** What is told of a reader of a flood. */
export const QUANTITIES: readonly Quantity[] = [
  { quantity: 'consumed', unit: 'M/s', of: ({ records, seconds }) => records / seconds / 1e6 },
  { quantity: 'dropped', unit: '%', of: droppedPercent },
  {
    quantity: 'producer',
    unit: 'CPU ns/record',
    of: ({ producerCpuNs, sent }) => producerCpuNs && producerCpuNs / sent,
  },
  { quantity: 'consumer', unit: 'CPU ns/record', of: ({ cpuNs, records }) => cpuNs / records },
];

function droppedPercent({ sent, dropped }: Round): number {
  return (100 * dropped) / (sent + dropped);
}

interface Shape {
  readonly mode?: Mode;
  readonly burst?: Partial<Burst>;
  readonly ringSize?: number;
  readonly producers?: number;
  readonly peers?: readonly string[];
  readonly quick?: boolean;
}

function work(name: string, title: string, shape: Shape = {}): LiveWork {
  const { mode = 'count', ringSize = RING_SIZE, producers = 1, peers = ['libbpf'], quick = false } = shape;
  const entry = { mode, burst: { ...BURST, ...shape.burst } };
  const entries: Entry[] = [
    ...peers.map((peer) => ({ reader: peer, peer, ...entry })),
    { reader: 'ringtail', ...entry },
  ];
  return { name, title, entries, reference: 'libbpf', ringSize, producers, quick };
}

const WORKS: readonly LiveWork[] = [
  work('parallel', 'the producer makes no pause', { peers: ['libbpf', 'cilium/ebpf', 'BCC'], quick: true }),
  work('back-to-back', 'the consumer has each batch sent when it has read the last', {
    mode: 'back-to-back',
    quick: true,
  }),
  work('busy', 'the consumer looks all the time instead of waiting', { mode: 'busy', quick: true }),
  work('sampled', 'the consumer is woken once per batch', { burst: { wakeup: 'sampled' } }),
  work('output', 'sent by bpf_ringbuf_output in the place of reserve and submit', {
    burst: { by: 'output' },
  }),
  work('output-sampled', 'by output, the consumer is woken once per batch', {
    burst: { by: 'output', wakeup: 'sampled' },
  }),
  work('ring-64K', 'a ring of 64 KiB', { ringSize: 64 * KIB }),
  work('ring-1M', 'a ring of 1 MiB', { ringSize: MIB }),
  work('ring-64M', 'a ring of 64 MiB', { ringSize: 64 * MIB }),
  work('producers-2', 'two producers', { producers: 2 }),
];

function liveTargets(works: readonly Work[]): Target[] {
  const of = (name: string, reader: string, quantity: string): number | undefined =>
    medianOf(works.find((work) => work.name === name)!.figures, reader, quantity);
  const against = (name: string, quantity: string): number | undefined =>
    ratio(of(name, 'ringtail', quantity), of(name, 'libbpf', quantity));
  return [
    ...['parallel', 'back-to-back'].flatMap((name) => [
      target(`live, ${name}: records per second`, 'at least', 0.95, '× libbpf', against(name, 'consumed')),
      target(
        `live, ${name}: dropped`,
        'at most',
        of(name, 'libbpf', 'dropped') ?? 0,
        '%, as libbpf',
        of(name, 'ringtail', 'dropped'),
      ),
    ]),
    target('live, busy: CPU of the producer', 'at most', 1, '× libbpf', against('busy', 'producer')),
  ];
}
