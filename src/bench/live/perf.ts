import type { Suite } from '../suite.ts';
import type { Burst } from './burst.ts';
import { BATCH, type Mode, PERF_PAGES } from './consumer.ts';
import { QUANTITIES } from './suite.ts';
import { type Effort, type Entry, type LiveWork, runWorks } from './work.ts';

const FULL: Effort = { ms: 500, rounds: 5 };
const QUICK: Effort = { ms: 300, rounds: 2 };

/** What the ring buffer was invented for. */
export const perf: Suite = {
  name: 'perf',
  title: 'The ring buffer beside the perf buffer',
  async run(context) {
    const chosen = context.quick ? WORKS.filter(({ quick }) => quick) : WORKS;
    return { works: await runWorks(chosen, context.quick ? QUICK : FULL, QUANTITIES, context), targets: [] };
  },
};

function work(name: string, title: string, wakeup: Burst['wakeup'], perfMode: Mode): LiveWork {
  const both = (prefix: string, peer: { readonly peer?: string }): Entry[] => [
    { reader: `${prefix}ring`, ...peer, mode: 'count', burst: burst('reserve') },
    { reader: `${prefix}perf buffer`, ...peer, mode: perfMode, burst: burst('perf') },
  ];
  const burst = (by: Burst['by']): Burst => ({ by, records: BATCH, wakeup, value: 'one' });
  return {
    name,
    title,
    entries: [...both('libbpf ', { peer: 'libbpf' }), ...both('', {})],
    reference: 'ring',
    ringSize: 4096 * PERF_PAGES,
    producers: 1,
    quick: wakeup === 'sampled',
  };
}

const WORKS: readonly LiveWork[] = [
  work('each', 'a reader that waits is woken by the next record', 'adaptive', 'perf'),
  work('sampled', `a reader is woken once per ${BATCH} records`, 'sampled', 'perf-sampled'),
];
