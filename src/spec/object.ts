import type { Instruction } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import type { MapTypeName } from './constants.ts';

/** A type in a BTF. */
export interface TypeRef {
  readonly btf: Btf;
  /** Type id in `btf`. */
  readonly id: number;
}

/** Blueprint of a map. */
export interface MapSpec {
  readonly name: string;
  readonly type: MapTypeName;
  /** Entries; of a ring buffer, its size in bytes: a power of two and a multiple of the page size. */
  readonly maxEntries: number;
  /** Bytes; taken from `key` where that is given, else 0. */
  readonly keySize?: number;
  /** Bytes, of one CPU in per-CPU maps; taken from `value` where that is given, else 0. */
  readonly valueSize?: number;
  /** MapFlags. */
  readonly flags?: number;
  readonly key?: TypeRef;
  readonly value?: TypeRef;
  /** Ring buffers: the type of each record. Without it events are bytes. */
  readonly event?: TypeRef;
  /**
   * Ring buffers: name of a `PERCPU_ARRAY` of one u64 in which the program counts the records that it could not
   * place. The kernel keeps no such count.
   */
  readonly dropCounter?: string;
}

/** Blueprint of a program. */
export interface ProgramSpec {
  readonly name: string;
  /** Where it belongs, in libbpf's words: `tp_btf/sched_process_exec`. See {@link parseSection}. */
  readonly section: string;
  /** Starts with the program's own code; functions that it calls follow, each with its `symbol`. */
  readonly instructions: readonly Instruction[];
}

/** Blueprint of a whole object: what a front end makes, and what `load` takes. Plain data. */
export interface ObjectSpec {
  readonly name: string;
  readonly license: string;
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
}
