/** Room `tools`: ready tracers, each one kernel program and one table. */
export { CgroupPaths, cgroupsOfProcess, containerOf, findCgroup } from './cgroups.ts';
export { examine } from './doctor/examine.ts';
export type { DoctorReport, Finding } from './doctor/finding.ts';
export {
  DEFAULT_BUFFER_SIZE,
  DEFAULT_MAX_ARGS,
  type ExecEvent,
  type ExecsnoopOptions,
  ExecTracer,
  execsnoop,
} from './execsnoop/tracer.ts';
export {
  type CountRow,
  type HistogramRow,
  TraceCount,
  type TraceCountOptions,
  TraceHistogram,
  type TraceHistogramOptions,
  traceCount,
  traceHistogram,
} from './trace/aggregate.ts';
export { type ListedField, listFields, listTracepoints } from './trace/list.ts';
export type { TraceEvent, TraceValue } from './trace/record.ts';
export {
  DEFAULT_TRACE_BUFFER,
  type TraceColumn,
  type TraceOptions,
  Tracer,
  type TraceSelection,
  trace,
} from './trace/tracer.ts';
