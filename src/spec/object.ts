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
  /** Its name in the kernel, where that is not the beginning of `name`; none where empty. */
  readonly kernelName?: string;
  /** Entries; of a ring buffer, its size in bytes: a power of two and a multiple of the page size. */
  readonly maxEntries: number;
  /** Ring buffers: `maxEntries` is rounded up to what the kernel takes, as libbpf does (`adjust_ringbuf_sz`). */
  readonly roundUp?: boolean;
  /** Bytes; taken from `key` where that is given, else 0. */
  readonly keySize?: number;
  /** Bytes, of one CPU in per-CPU maps; taken from `value` where that is given, else 0. */
  readonly valueSize?: number;
  /** MapFlags. */
  readonly flags?: number;
  /** `map_extra`, whose meaning depends on the type: hash functions of a Bloom filter, address of an arena. */
  readonly extra?: bigint;
  /** Counts with the flag `BPF_F_NUMA_NODE`. */
  readonly numaNode?: number;
  /** Pinned under its name, and taken from there if it exists (`LIBBPF_PIN_BY_NAME`). */
  readonly pinning?: 'name';
  /** Maps of maps: blueprint of what they hold; its name is not used. */
  readonly inner?: MapSpec;
  /** What a map of maps or programs holds at first: name of a map or program by index. */
  readonly slots?: readonly (string | undefined)[];
  /** What the only value of an array holds at first: global data, in the byte order of the object. */
  readonly contents?: Uint8Array;
  /** Nothing but programs can change it once it has its contents (`BPF_MAP_FREEZE`). */
  readonly frozen?: boolean;
  readonly key?: TypeRef;
  readonly value?: TypeRef;
  /** Ring buffers, arrays of perf events: the type of each record. Without it events are bytes. */
  readonly event?: TypeRef;
  /** The same without `event`: why it could not be found, and what would help; one line. */
  readonly eventHint?: string;
  /**
   * Ring buffers: name of a `PERCPU_ARRAY` of one u64 in which the program counts the records that it could not
   * place. The kernel keeps no such count.
   */
  readonly dropCounter?: string;
}

/** A global variable of a program: a place in the contents of a map. */
export interface VariableSpec {
  readonly name: string;
  /** Name of the map: `.data`, `.rodata`, `.bss`, `.kconfig` or one of their `.data.x` forms. */
  readonly map: string;
  /** Bytes from the start of the contents. */
  readonly offset: number;
  readonly size: number;
  readonly type: TypeRef;
  /** `static` ones are private to their file. */
  readonly linkage: 'static' | 'global';
  /** In `.kconfig`: 0 where the kernel does not have the option, instead of an error. */
  readonly weak?: boolean;
}

/** Blueprint of a program. */
export interface ProgramSpec {
  readonly name: string;
  /** Its name in the kernel, where that is not the beginning of `name`; none where empty. */
  readonly kernelName?: string;
  /** Where it belongs, in libbpf's words: `tp_btf/sched_process_exec`. See {@link parseSection}. */
  readonly section: string;
  /** Whether `load` takes it; default true. False for a section that begins with `?`. */
  readonly autoload?: boolean;
  /** ProgramFlags, besides those that its section implies. */
  readonly flags?: number;
  /** Starts with the program's own code; functions that it calls follow, each with its `symbol`. */
  readonly instructions: readonly Instruction[];
}

/** Blueprint of a whole object: what a front end makes, and what `load` takes. Plain data. */
export interface ObjectSpec {
  readonly name: string;
  readonly license: string;
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
  readonly variables?: readonly VariableSpec[];
  /**
   * Types of the object as the kernel takes them: those of maps and variables, and of the functions by whose ids the
   * instructions refer to them. Without it `load` makes one of the names of functions and the `event` of each ring.
   */
  readonly btf?: Btf;
  /** Of contents and BTF; that of the machine where absent. */
  readonly byteOrder?: 'little' | 'big';
}
