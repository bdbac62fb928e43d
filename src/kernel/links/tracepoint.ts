import { ArgumentError } from '../../errors/index.ts';
import { PerfType } from '../../sys/index.ts';
import { tracepointId } from '../tracefs.ts';
import { type AttachableProgram, openRawTracepoint, targetOf } from './create.ts';
import type { BpfLink } from './link.ts';
import { attachPerf } from './perf.ts';
import type { RawTracepointTarget, TracepointTarget } from './targets.ts';

/** By the perf event of the tracepoint, which tracefs knows the number of. */
export function attachTracepoint(program: AttachableProgram, options: TracepointTarget): BpfLink {
  const target = targetOf(program, 'tracepoint', options.tracepoint);
  const [category, name, more] = target.split('/');
  if (category === undefined || name === undefined || more !== undefined) {
    throw new ArgumentError({
      message: `"${target}" is no tracepoint for program ${program.name}`,
      remedy: 'Write it as CATEGORY/NAME: sched/sched_process_exec.',
    });
  }
  const event = { type: PerfType.TRACEPOINT, config: tracepointId(category, name) };
  return attachPerf(program, `tracepoint/${target}`, event, options);
}

/** By name. */
export function attachRawTracepoint(program: AttachableProgram, options: RawTracepointTarget): BpfLink {
  const name = targetOf(program, 'tracepoint', options.tracepoint);
  return openRawTracepoint(program, `raw_tracepoint/${name}`, name, options.cookie);
}
