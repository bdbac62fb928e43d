import type { Burst } from '../live/burst.ts';
import { LOOK_EVERY_MS } from '../live/consumer.ts';
import { type Effort, type Entry, type LiveWork, type Quantity, runWorks } from '../live/work.ts';
import type { Suite } from '../suite.ts';

const FULL: Effort = { ms: 1000, rounds: 5 };
const QUICK: Effort = { ms: 500, rounds: 3 };

const RING_SIZE = 2 ** 20;
/** Bytes of one of its records in the ring. */
const RECORD_SIZE = 16;

/** What it costs both sides to wake the reader as the program says, and how late its records are then. */
export const wakeup: Suite = {
  name: 'wakeup',
  title: 'When a program wakes its reader',
  async run(context) {
    const works = context.quick ? WORKS.slice(0, 1) : WORKS;
    return { works: await runWorks(works, context.quick ? QUICK : FULL, QUANTITIES, context), targets: [] };
  },
};

function entry(reader: string, policy: Burst['wakeup'], mode: Entry['mode']): Entry {
  return { reader, mode, burst: { by: 'reserve', records: 1, wakeup: policy, value: 'time' } };
}

const ENTRIES: readonly Entry[] = [
  entry('adaptive', 'adaptive', 'latency'),
  ...[64, 1024].map((records) => {
    const bytes = records * RECORD_SIZE;
    return entry(`every ${bytes / 1024} KiB`, { everyBytes: bytes }, 'latency-look');
  }),
  entry('timer only', 'never', 'latency-look'),
];

const WORKS: readonly LiveWork[] = [10_000, 100_000].map((perSecond) => ({
  name: `wakeup-${perSecond}`,
  title: `${perSecond.toLocaleString('en')} records of 8 bytes per second; all but the adaptive reader look every ${LOOK_EVERY_MS} ms`,
  entries: ENTRIES,
  reference: 'adaptive',
  ringSize: RING_SIZE,
  producers: 1,
  perSecond,
  quick: perSecond === 10_000,
}));

const QUANTITIES: readonly Quantity[] = [
  // With the system call that runs the program, the same for all.
  { quantity: 'program', unit: 'ns/record', of: ({ runNs, sent }) => runNs && runNs / sent },
  {
    quantity: 'consumer',
    unit: '% of a CPU',
    of: ({ cpuNs, sendingSeconds }) => cpuNs / sendingSeconds / 1e7,
  },
  ...(['median', 'p99'] as const).map(
    (quantity): Quantity => ({ quantity, unit: 'µs late', of: ({ latency }) => latency![quantity] }),
  ),
];
