/** Room `tools`: ready tracers, each one kernel program and one table. */
export { CgroupPaths, cgroupsOfProcess, containerOf, findCgroup } from './cgroups.ts';
export { type DoctorReport, examine } from './doctor/examine.ts';
export type { Finding } from './doctor/finding.ts';
export {
  DEFAULT_BUFFER_SIZE,
  DEFAULT_MAX_ARGS,
  type ExecEvent,
  type ExecsnoopOptions,
  ExecTracer,
  execsnoop,
} from './execsnoop/tracer.ts';
