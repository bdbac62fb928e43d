/** Room `kernel`: live objects: load, programs, maps, links, iterators, probes. */
export type { LinkInfo, PerfLinkInfo } from '../sys/index.ts';
export type { AttachTo } from './attach-target.ts';
export type { HasFd, LpmKey } from './codec.ts';
export { type CompileOptions, compileC, compileObject, runningKernel } from './compile.ts';
export { type InnerRingsOptions, openInnerRings } from './inner-rings.ts';
export { hiddenSymbols } from './kallsyms.ts';
export {
  type AttachableProgram,
  type AttachTarget,
  type AttachTargets,
  attach,
  BpfLink,
  FAMILIES,
  type Family,
  kernelFunctions,
  type LinkableProgram,
  matcher,
  openBinary,
  type PerfEventName,
  readIterator,
  streamIterator,
  syscallPrefix,
} from './links/index.ts';
export { loadSpec, type SpecOptions } from './load-spec.ts';
export {
  isAtLeast,
  type KernelRelease,
  kernelRelease,
  moduleBtf,
  possibleCpus,
  vmlinuxBtf,
} from './machine.ts';
export { BpfMap, type MapCreateOptions, type MapTypes, type UpdateMode } from './map.ts';
export { type MapOfMaps, readMapOfMaps } from './map-of-maps.ts';
export type { Pinning } from './map-pin.ts';
export { BpfObject, type LoadOptions, load } from './object.ts';
export type { ObjectDefinition, ObjectTypes, RingTypes } from './object-types.ts';
export { openPidfd } from './pidfd.ts';
export { ATTACH_POINTS, type AttachPoint, haveAttach } from './probe/attach.ts';
export { haveHelper } from './probe/helpers.ts';
export { haveMapType } from './probe/map-types.ts';
export type { Probe } from './probe/probe.ts';
export { haveProgramType } from './probe/program-types.ts';
export { BpfProgram } from './program.ts';
export type { ProgramChoices, ProgramOptions } from './program-options.ts';
export { type RingEvent, ringEvent } from './ring-event.ts';
export { enableStats, type ProgramStats, RunTimeStats } from './run-time-stats.ts';
export type { RunInput, RunResult } from './test-run.ts';
export {
  availableTracepoints,
  findTracefs,
  MOUNT_TRACEFS,
  mountsOf,
  readTracepointFormat,
} from './tracefs.ts';
export { BpfVariable } from './variable.ts';
export type { VerifierStats } from './verifier-log.ts';
