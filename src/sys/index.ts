/**
 * Room `sys`: the only room that calls the kernel. bpf(2), perf events, memory mappings, waiting, errno.
 */
export { Attr, cString } from './attr.ts';
export { btfBytes, btfInfo } from './bpf-btf.ts';
export {
  type AttachHints,
  iteratorCreate,
  kprobeMultiFields,
  LINK_FIELDS,
  type LinkCreate,
  linkCreate,
  linkDetach,
  linkUpdate,
  NETWORKING,
  programAttach,
  programDetach,
  rawTracepointOpen,
  TRACING,
  tryLinkCreate,
  uprobeMultiFields,
} from './bpf-link.ts';
export {
  type MapCreate,
  type MapInfo,
  mapCreate,
  mapDelete,
  mapFreeze,
  mapInfo,
  mapLookup,
  mapLookupAndDelete,
  mapNextKey,
  mapUpdate,
  UpdateFlags,
} from './bpf-map.ts';
export { type Batch, type BatchCommand, tryMapBatch } from './bpf-map-batch.ts';
export { type IdKind, objectGet, objectIds, objectPin, openById, requireBpffs } from './bpf-object.ts';
export {
  btfLoad,
  enableRunTimeStats,
  type ProgramInfo,
  type ProgramLoad,
  programInfo,
  programInstructions,
  programTestRun,
  repeatTestRun,
  type TestRun,
  type TestRunResult,
  tryProgramBindMap,
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
export { eventFdClear, eventFdOpen, eventFdSignal } from './event-fd.ts';
export { type Failure, failure, sudoLine, TRACING_CAPABILITIES } from './failure.ts';
export { closeFd } from './fd.ts';
export { type LinkInfo, linkInfo, type PerfLinkInfo } from './link-info.ts';
export { Mapping, type Region, viewRegion, withMapping } from './mapping.ts';
export { native } from './native.ts';
export {
  NetlinkFlags,
  netlink,
  tryNetlink,
} from './netlink.ts';
export {
  noProbes,
  type PerfEvent,
  PerfType,
  perfConfigBit,
  perfEventOpen,
  perfProbe,
  perfSetProgram,
  perfType,
} from './perf-event.ts';
export { perfOutputOpen } from './perf-output.ts';
export { BlockingPoll } from './poll.ts';
export { SocketOption, setSocketProgram } from './socket.ts';
export { Watch } from './waiter.ts';
