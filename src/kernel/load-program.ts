import type { Btf } from '../btf/index.ts';
import { VerifierError } from '../errors/index.ts';
import { describePoison, LogLevel, POISON_HELPER, type ProgramSpec } from '../spec/index.ts';
import {
  cString,
  errno,
  errnoName,
  failure,
  type ProgramLoad,
  TRACING_CAPABILITIES,
  tryProgramLoad,
} from '../sys/index.ts';
import { vmlinuxBtf } from './machine.ts';
import { rejectedLine, summarizeVerifierLog } from './verifier-log.ts';
import { verifierRemedy } from './verifier-remedy.ts';

/** Size of the first log buffer, and of the largest that is tried; the kernel takes up to 1 GiB. */
const FIRST_LOG = 64 * 1024;
const LAST_LOG = 16 * 1024 * 1024;

/** Levels that tell why a program is refused. */
const REASONS = LogLevel.LEVEL1 | LogLevel.LEVEL2;

/** A program that was taken, and what the verifier wrote where it was asked to. */
export interface LoadedProgram {
  readonly fd: number;
  readonly log: string;
}

/**
 * Loads a program. Without a log at first, which costs the verifier time; when it is refused, again with one.
 *
 * @param types of the object, by which failed relocations are told.
 * @throws VerifierError with the whole log; RelocationError; PermissionError, BpfSyscallError.
 */
export function loadProgram(
  spec: ProgramSpec,
  types: Btf | undefined,
  load: ProgramLoad,
  logLevel = 0,
): LoadedProgram {
  const first = logLevel === 0 ? { result: tryProgramLoad(load), log: '' } : loadWithLog(load, logLevel);
  if (first.result >= 0) return { fd: first.result, log: first.log };
  const refused = (logLevel & REASONS) === 0 ? loadWithLog(load, logLevel | LogLevel.LEVEL1) : first;
  // The kernel was short of something for a moment, or a signal kept the verifier from its work (EAGAIN).
  if (refused.result >= 0) return { fd: refused.result, log: logLevel === 0 ? '' : refused.log };
  // ENOSPC: the log is longer than the largest buffer. That is not why the program was refused.
  const code = refused.result === -errno.ENOSPC ? -first.result : -refused.result;
  throw rejection(spec, types, refused.log, code);
}

/** Into larger and larger buffers. @returns an fd or `-errno`, and the log. */
function loadWithLog(load: ProgramLoad, logLevel: number): { result: number; log: string } {
  for (let size = FIRST_LOG; ; size *= 4) {
    const log = new Uint8Array(size);
    const result = tryProgramLoad({ ...load, log, logLevel });
    if (result !== -errno.ENOSPC || size >= LAST_LOG) return { result, log: cString(log, 0, size).trimEnd() };
  }
}

function rejection(spec: ProgramSpec, types: Btf | undefined, log: string, code: number): Error {
  const { name, instructions } = spec;
  if (log === '') {
    const what = `program ${name}`;
    return failure({ command: 'BPF_PROG_LOAD', what, errno: code, needs: TRACING_CAPABILITIES });
  }
  const summary = summarizeVerifierLog(log);
  return (
    failedRelocation(spec, types, log) ??
    new VerifierError({
      program: name,
      errno: errnoName(code),
      log,
      summary,
      source: rejectedLine(log, instructions),
      remedy: verifierRemedy(summary),
    })
  );
}

/** Where the verifier reached a relocation that had failed: the error that names its type and field. */
function failedRelocation(spec: ProgramSpec, types: Btf | undefined, log: string): Error | undefined {
  const call = new RegExp(`(\\d+): \\(85\\) call unknown#${POISON_HELPER}`).exec(log);
  if (call === null || types === undefined) return undefined;
  return describePoison({ btf: types }, spec, Number(call[1]), { vmlinux: vmlinuxBtf() });
}
