/** ringtail: the BPF ring buffer for TypeScript. */
export {
  ArgumentError,
  BpfSyscallError,
  BusyError,
  ClosedError,
  type ErrorCode,
  NotFoundError,
  NotSupportedError,
  ObjectFormatError,
  PermissionError,
  RecordError,
  RingtailError,
  VerifierError,
} from './errors/index.ts';
