import type { Register } from '../../asm/index.ts';
import type { TraceBuilder } from './builder.ts';
import type { IntSize } from './int-size.ts';

/**
 * A value that a program can get at. The code that `load` and `address` write leaves its result in `dst`, finds the context in R6 and
 * may use R0–R5 and the stack's last 8 bytes.
 */
export type Field = IntField | TextField | ArrayField;

/** A whole number, of up to 64 bits. */
export interface IntField {
  readonly kind: 'int';
  readonly name: string;
  /** As C writes it, for people. */
  readonly type: string;
  /** Bytes. */
  readonly size: IntSize;
  readonly signed: boolean;
  /** What people are shown: for `time` (`CLOCK_MONOTONIC`) the wall clock's, for `cgroup` (an id) its path. */
  readonly shownAs: 'number' | 'bool' | 'pointer' | 'time' | 'cgroup';
  /** `dst` = the value, extended to 64 bits by its sign. */
  load(b: TraceBuilder, dst: Register): void;
}

/** A string that ends at its first NUL or at `size`. */
export interface TextField {
  readonly kind: 'text';
  readonly name: string;
  readonly type: string;
  /** Most bytes of text, NUL not counted. */
  readonly size: number;
  /** Whose memory it is in. */
  readonly memory: 'kernel' | 'user';
  /** `dst` = where it begins, as a number for `bpf_probe_read_*_str`. */
  address(b: TraceBuilder, dst: Register): void;
}

/** An array of whole numbers, in kernel memory; bytes when they are unsigned and of one byte each. */
export interface ArrayField {
  readonly kind: 'array';
  readonly name: string;
  readonly type: string;
  readonly element: { readonly size: IntSize; readonly signed: boolean };
  readonly count: number;
  /** `dst` = where it begins, as a number for `bpf_probe_read_kernel`. */
  address(b: TraceBuilder, dst: Register): void;
}

/** A declared field, which may be of a kind that cannot be read (yet). */
export type Declared = Field | UnreadableField;

export interface UnreadableField {
  readonly kind: 'unreadable';
  readonly name: string;
  readonly type: string;
}

/** The fields of one tracepoint. */
export interface FieldSource {
  /** What errors call it: `tracepoint sched:sched_switch`. */
  readonly what: string;
  /** The fields that it declares itself, in its order. */
  readonly declared: readonly Declared[];
  /**
   * The field of a name or a path: undefined where its first word is not one of `declared`.
   *
   * @throws NotFoundError when the path leads nowhere, with the nearest names; ArgumentError when it does not end at a value.
   */
  find(path: string): Declared | undefined;
}

/** Longest text whose length nobody declares, NUL included: the kernel's `PATH_MAX`. */
export const MAX_TEXT = 4096;
