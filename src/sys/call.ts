import type { Attr } from './attr.ts';
import { errno } from './errno.ts';
import { type Failure, failure } from './failure.ts';
import { native } from './native.ts';

/** `enum bpf_cmd` (include/uapi/linux/bpf.h), as far as it is used. */
export const Command = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  RAW_TRACEPOINT_OPEN: 17,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  MAP_LOOKUP_BATCH: 24,
  MAP_LOOKUP_AND_DELETE_BATCH: 25,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  BTF_GET_NEXT_ID: 23,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  ENABLE_STATS: 32,
  ITER_CREATE: 33,
  LINK_DETACH: 34,
  PROG_BIND_MAP: 35,
} as const;

export type CommandName = keyof typeof Command;

/** Calls bpf(2), again when interrupted or told to retry. @returns zero or more, or `-errno`. */
export function tryBpf(command: CommandName, attr: Attr): number {
  // The verifier answers EAGAIN when a signal is pending; five tries, as libbpf's sys_bpf_prog_load does.
  for (let attempt = 1; ; attempt++) {
    const result = native().bpf(Command[command], attr.bytes);
    const again = result === -errno.EINTR || (result === -errno.EAGAIN && command === 'PROG_LOAD');
    if (!again || attempt === 5) return result;
  }
}

/**
 * Calls bpf(2).
 *
 * @param what the object it is about, for the error message.
 * @throws BpfSyscallError, PermissionError.
 */
export function bpf(
  command: CommandName,
  attr: Attr,
  what: string,
  hints: Pick<Failure, 'needs' | 'remedy'> = {},
): number {
  const result = tryBpf(command, attr);
  if (result < 0) throw failure({ command: `BPF_${command}`, what, errno: -result, ...hints });
  return result;
}
