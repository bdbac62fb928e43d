/** ringtail: the BPF ring buffer for TypeScript. */
export {
  ArgumentError,
  BpfSyscallError,
  BusyError,
  ClosedError,
  CompileError,
  type ErrorCode,
  NotFoundError,
  NotSupportedError,
  ObjectFormatError,
  PermissionError,
  RecordError,
  RingtailError,
  VerifierError,
} from './errors/index.ts';
export {
  attach,
  BpfLink,
  BpfMap,
  BpfObject,
  BpfProgram,
  type KernelRelease,
  kernelRelease,
  load,
  readIterator,
  vmlinuxBtf,
} from './kernel/index.ts';
export {
  type Handler,
  queryRing,
  RingBuffer,
  RingBufferGroup,
  type RingBufferOptions,
  type RingDropped,
  type RingPositions,
  RingReader,
  type RingStats,
  type WaitOptions,
} from './ringbuf/index.ts';
export {
  MapFlags,
  type MapSpec,
  MapType,
  type MapTypeName,
  type ObjectSpec,
  type ProgramSpec,
  ProgramType,
  type ProgramTypeName,
  RingFlags,
  RingQuery,
  type TypeRef,
} from './spec/index.ts';
export { type ExecEvent, type ExecsnoopOptions, ExecTracer, execsnoop } from './tools/index.ts';
