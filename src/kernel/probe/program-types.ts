import { ProgramBuilder, R0 } from '../../asm/index.ts';
import { AttachType, type ProgramTypeName } from '../../spec/index.ts';
import { closeFd } from '../../sys/index.ts';
import { loadFailure, type ProbeProgram, tryLoad } from './load.ts';
import { type Probe, probe } from './probe.ts';

/** First mainline release of each program type. */
const SINCE: Record<ProgramTypeName, string> = {
  SOCKET_FILTER: '3.19',
  KPROBE: '4.1',
  SCHED_CLS: '4.1',
  SCHED_ACT: '4.1',
  TRACEPOINT: '4.7',
  XDP: '4.8',
  PERF_EVENT: '4.9',
  CGROUP_SKB: '4.10',
  CGROUP_SOCK: '4.10',
  LWT_IN: '4.10',
  LWT_OUT: '4.10',
  LWT_XMIT: '4.10',
  SOCK_OPS: '4.13',
  SK_SKB: '4.14',
  CGROUP_DEVICE: '4.15',
  SK_MSG: '4.17',
  RAW_TRACEPOINT: '4.17',
  CGROUP_SOCK_ADDR: '4.17',
  LWT_SEG6LOCAL: '4.18',
  LIRC_MODE2: '4.18',
  SK_REUSEPORT: '4.19',
  FLOW_DISSECTOR: '4.20',
  CGROUP_SYSCTL: '5.2',
  RAW_TRACEPOINT_WRITABLE: '5.2',
  CGROUP_SOCKOPT: '5.3',
  TRACING: '5.5',
  STRUCT_OPS: '5.6',
  EXT: '5.6',
  LSM: '5.7',
  SK_LOOKUP: '5.9',
  SYSCALL: '5.14',
  NETFILTER: '6.4',
};

const SLEEPABLE = 1 << 4;

/** Types that are tied to a function or struct at load; type 1 of the kernel's BTF, an integer, is none. */
const NO_TARGET = { attachBtfId: 1 };

const REQUIREMENTS: Partial<Record<ProgramTypeName, Partial<ProbeProgram>>> = {
  CGROUP_SOCK_ADDR: { attachType: AttachType.CGROUP_INET4_CONNECT },
  CGROUP_SOCKOPT: { attachType: AttachType.CGROUP_GETSOCKOPT },
  TRACING: { attachType: AttachType.TRACE_RAW_TP, ...NO_TARGET },
  STRUCT_OPS: NO_TARGET,
  EXT: NO_TARGET,
  LSM: { attachType: AttachType.LSM_MAC, ...NO_TARGET },
  SK_LOOKUP: { attachType: AttachType.SK_LOOKUP },
  SYSCALL: { flags: SLEEPABLE },
  NETFILTER: { attachType: AttachType.NETFILTER },
};

/** What a type asks for besides instructions. */
export function typeRequirements(type: ProgramTypeName): Partial<ProbeProgram> {
  return REQUIREMENTS[type] ?? {};
}

/**
 * Whether programs of a type can be loaded [`libbpf_probe_bpf_prog_type`]. That does not mean that they can be
 * attached: {@link haveAttach} tries that.
 *
 * @example
 * ```ts
 * if (!haveProgramType('SYSCALL').available) console.log('no syscall programs here');
 * ```
 */
export function haveProgramType(type: ProgramTypeName): Probe {
  return probe(`program type ${type}`, { since: SINCE[type] }, () => {
    const instructions = new ProgramBuilder().mov(R0, 0).exit().build();
    const loaded = tryLoad({ type, instructions, ...typeRequirements(type) });
    if ('fd' in loaded) closeFd(loaded.fd);
    // A type that is not known is refused before the verifier, which is the one to complain about a target.
    else if (loaded.log === '') throw loadFailure(type, loaded.errno);
  });
}
