import { Attr } from './attr.ts';
import { TRACING } from './bpf-link.ts';
import { failure } from './failure.ts';
import { native } from './native.ts';

/** Options of level SOL_SOCKET by which a socket takes or loses a program. */
export const SocketOption = {
  DETACH_FILTER: 27,
  ATTACH_BPF: 50,
  ATTACH_REUSEPORT_EBPF: 52,
  DETACH_REUSEPORT_BPF: 68,
} as const;

const SOL_SOCKET = 1;

/** setsockopt(2) of one of SocketOption, with the fd of a program, or 0 to detach. */
export function setSocketProgram(
  socket: number,
  option: keyof typeof SocketOption,
  program: number,
  what: string,
): void {
  const value = new Attr(4).u32(0, program).bytes;
  const result = native().setSocketOption(socket, SOL_SOCKET, SocketOption[option], value);
  if (result < 0) throw failure({ command: `SO_${option}`, what, errno: -result, ...TRACING });
}
