import type { Suite, Target, Work } from '../suite.ts';
import { medianOf, target } from '../target.ts';
import type { Burst } from './burst.ts';
import type { Latency } from './consumer.ts';
import { type Effort, type LiveWork, type Quantity, runWorks } from './work.ts';

const FULL: Effort = { ms: 1000, rounds: 5 };
const QUICK: Effort = { ms: 500, rounds: 3 };

const PEERS = ['libbpf', 'cilium/ebpf', 'BCC'];
/** The rate of the target. */
const TARGET_RATE = 10_000;
/** Microseconds that this library may take longer than libbpf: an event loop is between kernel and handler. */
const ALLOWED_US = 25;

/** From `bpf_ktime_get_ns()` in the program to the handler. */
export const latency: Suite = {
  name: 'latency',
  title: 'From the program in the kernel to the handler',
  async run(context) {
    const chosen = context.quick ? WORKS.filter(({ quick }) => quick) : WORKS;
    const works = await runWorks(chosen, context.quick ? QUICK : FULL, QUANTITIES, context);
    return { works, targets: latencyTargets(works) };
  },
};

const BURST: Burst = { by: 'reserve', records: 1, wakeup: 'adaptive', value: 'time' };

const WORKS: readonly LiveWork[] = [100, TARGET_RATE, 200_000].map((perSecond) => ({
  name: nameOf(perSecond),
  title: `${perSecond.toLocaleString('en')} events per second`,
  entries: [
    ...PEERS.map((peer) => ({ reader: peer, peer, mode: 'latency' as const, burst: BURST })),
    { reader: 'ringtail', mode: 'latency', burst: BURST },
    { reader: 'ringtail in a worker', mode: 'latency-worker', burst: BURST },
  ],
  reference: 'libbpf',
  ringSize: 2 ** 20,
  producers: 1,
  perSecond,
  quick: perSecond === TARGET_RATE,
}));

function nameOf(perSecond: number): string {
  return `rate-${perSecond}`;
}

const QUANTITIES: readonly Quantity[] = [
  ...(['median', 'p99', 'p99.9', 'most'] as const).map(
    (quantity: keyof Latency): Quantity => ({
      quantity,
      unit: 'µs',
      of: ({ latency }) => latency![quantity],
    }),
  ),
  { quantity: 'reached', unit: 'events/s', of: ({ sent, sendingSeconds }) => sent / sendingSeconds },
];

function latencyTargets(works: readonly Work[]): Target[] {
  const figures = works.find(({ name }) => name === nameOf(TARGET_RATE))?.figures ?? [];
  const [own, libbpf] = ['ringtail', 'libbpf'].map((reader) => medianOf(figures, reader, 'median'));
  const above = own === undefined || libbpf === undefined ? undefined : own - libbpf;
  const what = `latency at ${TARGET_RATE.toLocaleString('en')} events per second, median`;
  return [target(what, 'at most', ALLOWED_US, 'µs above libbpf', above)];
}
