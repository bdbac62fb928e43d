/** Room `errors`: the error classes and their codes. Imports nothing. */
export { type ErrorCode, type ErrorDetails, RingtailError } from './base.ts';
export { CompileError, type Diagnostic, excerpt, formatDiagnostic } from './compile.ts';
export { BpfSyscallError, PermissionError, type SourcePlace, VerifierError } from './kernel.ts';
export { nearest } from './nearest.ts';
export { unreadable } from './unreadable.ts';
export {
  ArgumentError,
  BusyError,
  ClosedError,
  NotFoundError,
  NotSupportedError,
  ObjectFormatError,
  RecordError,
  RelocationError,
  TypeMismatchError,
  WorkerError,
} from './usage.ts';
