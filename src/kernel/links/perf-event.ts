import { ArgumentError, NotFoundError, nearest } from '../../errors/index.ts';
import { onlineCpus } from '../../sys/index.ts';
import { type AttachableProgram, checkNumber } from './create.ts';
import { attachEach, BpfLink } from './link.ts';
import { attachPerf } from './perf.ts';
import type { PerfEventName, PerfEventTarget } from './targets.ts';

/** Numbers of hardware and software events (`enum perf_hw_id`, `enum perf_sw_ids`), by the names of `perf list`. */
const PERF_EVENTS: Readonly<Record<PerfEventName, readonly [type: number, config: number]>> = {
  'cpu-cycles': [0, 0],
  instructions: [0, 1],
  'cache-references': [0, 2],
  'cache-misses': [0, 3],
  'branch-instructions': [0, 4],
  'branch-misses': [0, 5],
  'bus-cycles': [0, 6],
  'ref-cycles': [0, 9],
  'cpu-clock': [1, 0],
  'task-clock': [1, 1],
  'page-faults': [1, 2],
  'context-switches': [1, 3],
  'cpu-migrations': [1, 4],
  'minor-faults': [1, 5],
  'major-faults': [1, 6],
  'alignment-faults': [1, 7],
  'emulation-faults': [1, 8],
};

/** At samples of a hardware or software event [`bpf_program__attach_perf_event`]: on one CPU, or on each. */
export function attachPerfEvent(program: AttachableProgram, options: PerfEventTarget): BpfLink {
  const { event, frequency, period, pid, cpu } = options;
  if ((frequency === undefined) === (period === undefined)) {
    throw new ArgumentError({
      message: `program ${program.name}: how often to sample ${event} is given ${period === undefined ? 'by nothing' : 'twice'}`,
      remedy: 'Give one of frequency (samples in a second) and period (events for one sample).',
    });
  }
  const [type, config] = numbersOf(event);
  const how =
    frequency === undefined
      ? { period: checkNumber('period', period!, 1, Number.MAX_SAFE_INTEGER) }
      : { frequency: checkNumber('frequency', frequency, 1, 1_000_000) };
  const who = pid === undefined ? {} : { pid: checkNumber('pid', pid, 0, 0x7fffffff) };
  const links = attachEach(cpusOf(pid, cpu), (on) =>
    attachPerf(program, `perf_event/${event}`, { type, config, ...how, ...who, cpu: on }, options),
  );
  return BpfLink.all(`perf_event/${event}`, links);
}

function numbersOf(event: PerfEventName): readonly [number, number] {
  if (Object.hasOwn(PERF_EVENTS, event)) return PERF_EVENTS[event];
  const names = Object.keys(PERF_EVENTS);
  const close = nearest(event, names);
  throw new NotFoundError({
    message: `there is no perf event "${event}"`,
    remedy: `Use one of: ${(close.length > 0 ? close : names).join(', ')}.`,
  });
}

/** A process is followed from CPU to CPU (−1) unless one is named. */
function cpusOf(pid: number | undefined, cpu: number | undefined): number[] {
  if (cpu !== undefined) return [checkNumber('cpu', cpu, 0, 0x7fffffff)];
  if (pid !== undefined) return [-1];
  return onlineCpus();
}
