import { type ErrorDetails, RingtailError } from './base.ts';

/** A system call that the kernel refused. */
export class BpfSyscallError extends RingtailError {
  /** What was asked: a bpf(2) command such as `BPF_MAP_CREATE`, or another call's name. */
  readonly command: string;
  /** The errno's name, such as `EINVAL`. */
  readonly errno: string;

  constructor(details: ErrorDetails & { command: string; errno: string }) {
    super('RINGTAIL_SYSCALL', details);
    this.command = details.command;
    this.errno = details.errno;
  }
}

/** The kernel refused for lack of rights, or by a policy that no right overrides. */
export class PermissionError extends RingtailError {
  readonly command: string;
  readonly errno: string;
  /** Why it was refused, most likely; part of `message`. */
  readonly likely?: string;

  constructor(details: ErrorDetails & { command: string; errno: string; likely?: string }) {
    super('RINGTAIL_PERMISSION', details);
    this.command = details.command;
    this.errno = details.errno;
    if (details.likely !== undefined) this.likely = details.likely;
  }
}

/** A place in the source of a program. */
export interface SourcePlace {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1; 0 where unknown. */
  readonly column: number;
  /** The line's text; empty where unknown. */
  readonly text: string;
}

/** The verifier rejected a program. `message` carries the last telling line and its place; `log` all of it. */
export class VerifierError extends RingtailError {
  /** Name of the program. */
  readonly program: string;
  /** The verifier's whole log, as the kernel wrote it. */
  readonly log: string;
  /** The line of the log that says why. */
  readonly summary: string;
  /** The source line of the instruction that was refused, where the program has line information. */
  readonly source?: SourcePlace;

  constructor(details: {
    program: string;
    errno: string;
    log: string;
    summary: string;
    source?: SourcePlace | undefined;
    remedy: string;
    cause?: unknown;
  }) {
    const { source } = details;
    const place = source === undefined ? '' : ` [${source.file}:${source.line}: ${source.text.trim()}]`;
    super('RINGTAIL_VERIFIER', {
      message: `program ${details.program} was rejected by the verifier (${details.errno}): ${details.summary}${place}`,
      remedy: details.remedy,
      cause: details.cause,
    });
    this.program = details.program;
    this.log = details.log;
    this.summary = details.summary;
    if (source !== undefined) this.source = source;
  }
}
