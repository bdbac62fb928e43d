/**
 * Every code a {@link RingtailError} can carry. The set is closed: switch over it without a default.
 */
export type ErrorCode =
  | 'RINGTAIL_ARGUMENT'
  | 'RINGTAIL_BUSY'
  | 'RINGTAIL_CLOSED'
  | 'RINGTAIL_COMPILE'
  | 'RINGTAIL_FORMAT'
  | 'RINGTAIL_NOT_FOUND'
  | 'RINGTAIL_NOT_SUPPORTED'
  | 'RINGTAIL_PERMISSION'
  | 'RINGTAIL_RECORD'
  | 'RINGTAIL_RELOCATION'
  | 'RINGTAIL_SYSCALL'
  | 'RINGTAIL_TYPE_MISMATCH'
  | 'RINGTAIL_VERIFIER'
  | 'RINGTAIL_WORKER';

/** What every error of this library is built from. */
export interface ErrorDetails {
  /** What failed, on which object, in one line. */
  readonly message: string;
  /** What the reader can do about it, in one line; may be a command to paste. */
  readonly remedy: string;
  /** The lower-level error behind this one. */
  readonly cause?: unknown;
}

/**
 * Base of all errors thrown by ringtail.
 *
 * `instanceof` looks at a brand, not at the prototype, so it also holds between two installed copies of the
 * package. Each subclass answers for itself and its own subclasses.
 */
export class RingtailError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.remedy = details.remedy;
    brand(this, new.target);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class that was asked, a subclass perhaps.
    return typeof value === 'object' && value !== null && brandOf(this) in value;
  }
}

// biome-ignore lint/complexity/noBannedTypes: any constructor may carry a brand.
function brandOf(errorClass: Function): symbol {
  return Symbol.for(`ringtail.${errorClass.name}`);
}

/** Marks an error with the brand of its class and of each class above it, and names it after its class. */
// biome-ignore lint/complexity/noBannedTypes: new.target is typed as Function.
function brand(error: Error, target: Function): void {
  Object.defineProperty(error, 'name', { value: target.name, configurable: true, writable: true });
  for (let c = target; c !== Error && c !== Function.prototype; c = Object.getPrototypeOf(c)) {
    Object.defineProperty(error, brandOf(c), { value: true });
  }
}
