import { BpfMap, BpfProgram } from '../../kernel/index.ts';
import { openById, repeatTestRun } from '../../sys/index.ts';
import type { Answering } from '../child.ts';
import {
  type Burst,
  burstProgram,
  COUNTS,
  COUNTS_KEY,
  endProgram,
  NO_COUNTS,
  PACKET,
  parseCounts,
  TARGET,
} from './burst.ts';
import type { Order, Produced } from './producer.ts';

/** How long it may take a reader to make room for the last record. */
const END_MS = 20_000;
/** Bursts of one call of the kernel. */
const REPEATS = [1, 2, 4, 8, 16, 32];

/** `MAP_ID BURST`. Each line of input is an {@link Order}. */
export const openProducer: Answering = ([mapId, burst]) => {
  const form = JSON.parse(burst!) as Burst;
  const counts = BpfMap.create(COUNTS);
  const mapFds = new Map([
    [TARGET, openById('MAP', Number(mapId))],
    [COUNTS.name, counts.fd],
  ]);
  const options = { license: 'Dual BSD/GPL', mapFds };
  const program = BpfProgram.load(burstProgram(form), options);
  const sends = REPEATS.map((repeat) =>
    repeatTestRun(program.fd, 'program burst', { dataIn: PACKET, repeat }),
  );
  const end = BpfProgram.load(endProgram(form.by), options);

  const produce = ({ ms, perSecond }: Order): Produced => {
    counts.update(COUNTS_KEY, NO_COUNTS);
    const startNs = Number(process.hrtime.bigint());
    const cpu = process.cpuUsage();
    const start = performance.now();
    const runMs =
      perSecond === undefined
        ? flood(sends[0]!, start + ms)
        : pace(sends, { start, end: start + ms, gap: (1000 * form.records) / perSecond });
    const { user, system } = process.cpuUsage(cpu);
    return {
      ...parseCounts(counts.lookup(COUNTS_KEY)!),
      ms: performance.now() - start,
      cpuNs: (user + system) * 1000,
      runNs: runMs * 1e6,
      startNs,
    };
  };
  return (line) => {
    const order = JSON.parse(line) as Order | 'end';
    if (order !== 'end') return produce(order);
    const deadline = performance.now() + END_MS;
    while (end.run({ data: PACKET }).returnValue !== 0) {
      if (performance.now() > deadline) throw new Error('the ring stays full: its reader does not read');
    }
    return {};
  };
};

/** @returns milliseconds in `send`. */
function flood(send: () => unknown, end: number): number {
  const start = performance.now();
  while (performance.now() < end) send();
  return performance.now() - start;
}

/**
 * Keeps its processor busy: a timer would come late. What became late meanwhile follows at once, many
 * in one call of the kernel.
 *
 * @returns milliseconds in `sends`.
 */
function pace(
  sends: readonly (() => unknown)[],
  { start, end, gap }: { start: number; end: number; gap: number },
): number {
  let sending = 0;
  for (let due = start, now = start; now < end; now = performance.now()) {
    if (now < due) continue;
    const late = 1 + (now - due) / gap;
    const most = REPEATS.findLastIndex((repeat) => repeat <= late);
    const before = performance.now();
    sends[most]!();
    sending += performance.now() - before;
    due += gap * REPEATS[most]!;
  }
  return sending;
}
