/**
 * Room `sys`: the only room that calls the kernel. bpf(2), perf events, memory mappings, waiting, errno.
 */
export { Attr, cString } from './attr.ts';
export {
  iteratorCreate,
  kprobeMultiCreate,
  linkCreate,
  rawTracepointOpen,
  uprobeMultiCreate,
} from './bpf-link.ts';
export {
  type MapCreate,
  type MapInfo,
  mapCreate,
  mapDelete,
  mapFreeze,
  mapInfo,
  mapLookup,
  mapNextKey,
  mapUpdate,
  UpdateFlags,
} from './bpf-map.ts';
export { type IdKind, objectGet, objectIds, objectPin, openById } from './bpf-object.ts';
export {
  btfLoad,
  type ProgramInfo,
  type ProgramLoad,
  programInfo,
  programTestRun,
  type TestRun,
  tryProgramLoad,
} from './bpf-program.ts';
export {
  CAPABILITIES,
  type Capability,
  effectiveCapabilities,
  inInitialUserNamespace,
} from './capabilities.ts';
export { onlineCpus, parseCpus } from './cpus.ts';
export { errno, errnoName } from './errno.ts';
export { type Failure, failure, sudoLine, TRACING_CAPABILITIES } from './failure.ts';
export { Mapping } from './mapping.ts';
export { native } from './native.ts';
export { perfClockOpen, perfProbeOpen, perfSetProgram, perfTracepointOpen } from './perf-event.ts';
export { perfOutputOpen } from './perf-output.ts';
export { Watch } from './waiter.ts';
