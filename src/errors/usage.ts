import { type ErrorDetails, RingtailError } from './base.ts';

/** An argument that cannot work, found before the kernel was asked: a size, a name, an option. */
export class ArgumentError extends RingtailError {
  constructor(details: ErrorDetails) {
    super('RINGTAIL_ARGUMENT', details);
  }
}

/** Somebody else in this process already reads this ring. */
export class BusyError extends RingtailError {
  constructor(details: ErrorDetails) {
    super('RINGTAIL_BUSY', details);
  }
}

/** A ring, map, program or link was used after its `close()`. */
export class ClosedError extends RingtailError {
  constructor(what: string) {
    super('RINGTAIL_CLOSED', {
      message: `${what} is closed`,
      remedy: 'Use it before close(), or open it again.',
    });
  }
}

/** A name that does not exist: a type, a field, a tracepoint, a helper. The remedy lists the nearest names. */
export class NotFoundError extends RingtailError {
  constructor(details: ErrorDetails) {
    super('RINGTAIL_NOT_FOUND', details);
  }
}

/** The running kernel (or this version of ringtail) cannot do it. */
export class NotSupportedError extends RingtailError {
  /** The feature asked for, in the kernel's words. */
  readonly feature: string;
  /** First kernel release that has it, such as `5.8`; absent where no mainline release decides it. */
  readonly since?: string;

  constructor(details: ErrorDetails & { feature: string; since?: string }) {
    super('RINGTAIL_NOT_SUPPORTED', details);
    this.feature = details.feature;
    if (details.since !== undefined) this.since = details.since;
  }
}

/** Bytes that are not what they claim to be: BTF, an object file, a kernel text format. */
export class ObjectFormatError extends RingtailError {
  /** Offset in bytes from the start of the input at which the expectation failed. */
  readonly offset: number;

  constructor(details: { what: string; offset: number; expected: string; cause?: unknown }) {
    super('RINGTAIL_FORMAT', {
      message: `${details.what}: at byte ${details.offset}: expected ${details.expected}`,
      remedy: 'The input is damaged or not of this format; make it again from its source.',
      cause: details.cause,
    });
    this.offset = details.offset;
  }
}

/** A record that does not hold a value of the type it should have; it was consumed. */
export class RecordError extends RingtailError {
  constructor(details: ErrorDetails) {
    super('RINGTAIL_RECORD', details);
  }
}

/** A CO-RE relocation for which the kernel's types have no answer, or whose object is damaged. */
export class RelocationError extends RingtailError {
  /** Name of the program. */
  readonly program: string;
  /** Type and field asked for, as `struct task_struct.pid`. */
  readonly wanted: string;
  /** The types that were tried, as `struct task_struct [vmlinux 123]`; empty where no type has the name. */
  readonly candidates: readonly string[];
  /** Names like the one that is missing. */
  readonly near: readonly string[];

  constructor(
    details: ErrorDetails & {
      program: string;
      wanted: string;
      candidates?: readonly string[];
      near?: readonly string[];
    },
  ) {
    super('RINGTAIL_RELOCATION', details);
    this.program = details.program;
    this.wanted = details.wanted;
    this.candidates = details.candidates ?? [];
    this.near = details.near ?? [];
  }
}

/** An object whose types are not those of the TypeScript module that it is loaded with. Nothing was loaded. */
export class TypeMismatchError extends RingtailError {
  /** What is of another type: `ring events`, `variable seen`, `key of map counts`. */
  readonly part: string;
  /** Its member that differs, as a path: `origin.x`; absent where the whole does. */
  readonly member?: string;
  /** What the module was made from, such as `u32 @0`. */
  readonly expected: string;
  /** What the object has. */
  readonly actual: string;

  constructor(details: { object: string; part: string; member?: string; expected: string; actual: string }) {
    const { object, part, member, expected, actual } = details;
    const at = member === undefined ? '' : `, member ${member}`;
    super('RINGTAIL_TYPE_MISMATCH', {
      message: `${part} of object ${object}${at}: its TypeScript module expects ${expected}, but it has ${actual}`,
      remedy: 'Make the module again with `ringtail types`, or take the object that it was made from.',
    });
    this.part = part;
    if (member !== undefined) this.member = member;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The worker thread that reads a ring has failed; `cause` is its error. What it had copied was delivered before. */
export class WorkerError extends RingtailError {
  constructor(details: ErrorDetails) {
    super('RINGTAIL_WORKER', details);
  }
}
