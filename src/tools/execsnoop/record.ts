import { Btf, BtfBuilder } from '../../btf/index.ts';
import type { TypeRef } from '../../spec/index.ts';

/**
 * A record of the exec tracer: this header, then `filenameSize` bytes of path with its NUL, then `argsSize` bytes of
 * arguments, each with its NUL.
 *
 * ```c
 * struct exec_record {
 *   u64 time; u64 cgroup;
 *   u32 pid, ppid, uid; s32 ret;
 *   u32 filenameSize, argsSize;
 *   char comm[16];
 *   u8 data[];
 * };
 * ```
 */
export interface ExecRecord {
  /** `CLOCK_MONOTONIC`, nanoseconds. */
  readonly time: bigint;
  /** Id of the cgroup in the cgroup v2 hierarchy. */
  readonly cgroup: bigint;
  /** The process, which the kernel calls thread group. */
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  /** 0, or `-errno` of a failed exec. */
  readonly ret: number;
  readonly filenameSize: number;
  readonly argsSize: number;
  readonly comm: string;
  readonly data: Uint8Array;
}

/** Offsets of the record's fields in bytes. */
export const FIELDS = {
  time: 0,
  cgroup: 8,
  pid: 16,
  ppid: 20,
  uid: 24,
  ret: 28,
  filenameSize: 32,
  argsSize: 36,
  comm: 40,
  data: 56,
} as const;

/** Bytes before the path. */
export const HEADER_SIZE: number = FIELDS.data;

/** The longest path the kernel knows, NUL included: `PATH_MAX`. */
export const FILENAME_SIZE = 4096;

/** Most bytes of arguments that are kept. */
export const ARGS_SIZE = 8192;

/** The record's type, in a BTF of its own. */
export function recordType(): TypeRef {
  const b = new BtfBuilder();
  const u8 = b.int('u8', 1);
  const u32 = b.int('u32', 4);
  const s32 = b.int('s32', 4, 'signed');
  const u64 = b.int('u64', 8);
  const char = b.int('char', 1, 'char');
  const array = (type: number, count: number): number =>
    b.add({ kind: 'array', type, indexType: u32, count });
  const types: Record<keyof typeof FIELDS, number> = {
    time: u64,
    cgroup: u64,
    pid: u32,
    ppid: u32,
    uid: u32,
    ret: s32,
    filenameSize: u32,
    argsSize: u32,
    comm: array(char, 16),
    data: array(u8, 0),
  };
  const members = Object.entries(FIELDS).map(([name, offset]) => ({
    name,
    type: types[name as keyof typeof FIELDS],
    bitOffset: offset * 8,
    bitSize: 0,
  }));
  const id = b.add({ kind: 'struct', name: 'exec_record', size: HEADER_SIZE, members });
  return { btf: Btf.parse(b.build(), { name: 'execsnoop' }), id };
}
