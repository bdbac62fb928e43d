import { encodeInstructions, type Instruction } from '../../asm/index.ts';
import { ProgramType, type ProgramTypeName } from '../../spec/index.ts';
import { closeFd, cString, failure, TRACING_CAPABILITIES, tryProgramLoad } from '../../sys/index.ts';

/** A program made to try something out. */
export interface ProbeProgram {
  readonly type: ProgramTypeName;
  /** Before 4.15 programs have none. */
  readonly name?: string | undefined;
  readonly instructions: readonly Instruction[];
  /** Value of `expected_attach_type`. */
  readonly attachType?: number | undefined;
  readonly attachBtfId?: number | undefined;
  readonly flags?: number | undefined;
}

/** What came of loading a program: its fd, or an errno and what the verifier wrote. */
export type Loaded = { readonly fd: number } | { readonly errno: number; readonly log: string };

const LOG_SIZE = 4096;

/** Loads a program with a log. The caller closes the fd. */
export function tryLoad(program: ProbeProgram): Loaded {
  const log = new Uint8Array(LOG_SIZE);
  const fd = tryProgramLoad({
    type: ProgramType[program.type],
    name: program.name ?? '',
    instructions: encodeInstructions(program.instructions),
    // Some helpers are for GPL-compatible programs only.
    license: 'Dual BSD/GPL',
    expectedAttachType: program.attachType,
    attachBtfId: program.attachBtfId,
    flags: program.flags,
    log,
  });
  return fd >= 0 ? { fd } : { errno: -fd, log: cString(log, 0, LOG_SIZE).trimEnd() };
}

/**
 * Loads a program and hands it to `use`; it is gone afterwards.
 *
 * @throws PermissionError, BpfSyscallError.
 */
export function withProgram(program: ProbeProgram, use: (fd: number) => void): void {
  const loaded = tryLoad(program);
  if ('errno' in loaded) throw loadFailure(program.type, loaded.errno);
  try {
    use(loaded.fd);
  } finally {
    closeFd(loaded.fd);
  }
}

/** The error for a program that was refused before the verifier looked at it. */
export function loadFailure(type: ProgramTypeName, errno: number): Error {
  const what = `a program of type ${type}`;
  return failure({ command: 'BPF_PROG_LOAD', what, errno, needs: TRACING_CAPABILITIES });
}
