import type { AttachTypeName, ProgramTypeName } from './constants.ts';

/** How a program of a section is attached; `none` programs are run on request, or put into a map. */
export type AttachKind =
  | 'socket'
  | 'sk_reuseport'
  | 'kprobe'
  | 'uprobe'
  | 'kretprobe'
  | 'uretprobe'
  | 'kprobe.multi'
  | 'kretprobe.multi'
  | 'kprobe.session'
  | 'uprobe.multi'
  | 'uretprobe.multi'
  | 'uprobe.session'
  | 'ksyscall'
  | 'kretsyscall'
  | 'usdt'
  | 'tcx'
  | 'tc'
  | 'netkit'
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'tp_btf'
  | 'fentry'
  | 'fmod_ret'
  | 'fexit'
  | 'fsession'
  | 'fsession.multi'
  | 'fentry.multi'
  | 'fexit.multi'
  | 'freplace'
  | 'lsm'
  | 'cgroup'
  | 'iter'
  | 'none'
  | 'xdp'
  | 'perf_event'
  | 'lwt'
  | 'sk_skb'
  | 'sk_msg'
  | 'lirc_mode2'
  | 'flow_dissector'
  | 'struct_ops'
  | 'sk_lookup'
  | 'netfilter';

/**
 * libbpf's `section_defs` (src/libbpf.c, 1.7): what it calls a program by the name of its section. With a `+` at the
 * end a slash and a target may follow. `.s` programs may sleep, `.frags` ones take packets in pieces.
 */
export const SECTIONS: Readonly<Record<string, readonly [ProgramTypeName, AttachKind, AttachTypeName?]>> = {
  socket: ['SOCKET_FILTER', 'socket'],
  'sk_reuseport/migrate': ['SK_REUSEPORT', 'sk_reuseport', 'SK_REUSEPORT_SELECT_OR_MIGRATE'],
  sk_reuseport: ['SK_REUSEPORT', 'sk_reuseport', 'SK_REUSEPORT_SELECT'],
  'kprobe+': ['KPROBE', 'kprobe'],
  'uprobe+': ['KPROBE', 'uprobe'],
  'uprobe.s+': ['KPROBE', 'uprobe'],
  'kretprobe+': ['KPROBE', 'kretprobe'],
  'uretprobe+': ['KPROBE', 'uretprobe'],
  'uretprobe.s+': ['KPROBE', 'uretprobe'],
  'kprobe.multi+': ['KPROBE', 'kprobe.multi', 'TRACE_KPROBE_MULTI'],
  'kretprobe.multi+': ['KPROBE', 'kretprobe.multi', 'TRACE_KPROBE_MULTI'],
  'kprobe.session+': ['KPROBE', 'kprobe.session', 'TRACE_KPROBE_SESSION'],
  'uprobe.multi+': ['KPROBE', 'uprobe.multi', 'TRACE_UPROBE_MULTI'],
  'uretprobe.multi+': ['KPROBE', 'uretprobe.multi', 'TRACE_UPROBE_MULTI'],
  'uprobe.session+': ['KPROBE', 'uprobe.session', 'TRACE_UPROBE_SESSION'],
  'uprobe.multi.s+': ['KPROBE', 'uprobe.multi', 'TRACE_UPROBE_MULTI'],
  'uretprobe.multi.s+': ['KPROBE', 'uretprobe.multi', 'TRACE_UPROBE_MULTI'],
  'uprobe.session.s+': ['KPROBE', 'uprobe.session', 'TRACE_UPROBE_SESSION'],
  'ksyscall+': ['KPROBE', 'ksyscall'],
  'kretsyscall+': ['KPROBE', 'kretsyscall'],
  'usdt+': ['KPROBE', 'usdt'],
  'usdt.s+': ['KPROBE', 'usdt'],
  'tc/ingress': ['SCHED_CLS', 'tcx', 'TCX_INGRESS'],
  'tc/egress': ['SCHED_CLS', 'tcx', 'TCX_EGRESS'],
  'tcx/ingress': ['SCHED_CLS', 'tcx', 'TCX_INGRESS'],
  'tcx/egress': ['SCHED_CLS', 'tcx', 'TCX_EGRESS'],
  tc: ['SCHED_CLS', 'tc'],
  classifier: ['SCHED_CLS', 'tc'],
  action: ['SCHED_ACT', 'tc'],
  'netkit/primary': ['SCHED_CLS', 'netkit', 'NETKIT_PRIMARY'],
  'netkit/peer': ['SCHED_CLS', 'netkit', 'NETKIT_PEER'],
  'tracepoint+': ['TRACEPOINT', 'tracepoint'],
  'tp+': ['TRACEPOINT', 'tracepoint'],
  'tracepoint.s+': ['TRACEPOINT', 'tracepoint'],
  'tp.s+': ['TRACEPOINT', 'tracepoint'],
  'raw_tracepoint+': ['RAW_TRACEPOINT', 'raw_tracepoint'],
  'raw_tp+': ['RAW_TRACEPOINT', 'raw_tracepoint'],
  'raw_tracepoint.s+': ['RAW_TRACEPOINT', 'raw_tracepoint'],
  'raw_tp.s+': ['RAW_TRACEPOINT', 'raw_tracepoint'],
  'raw_tracepoint.w+': ['RAW_TRACEPOINT_WRITABLE', 'raw_tracepoint'],
  'raw_tp.w+': ['RAW_TRACEPOINT_WRITABLE', 'raw_tracepoint'],
  'tp_btf+': ['TRACING', 'tp_btf', 'TRACE_RAW_TP'],
  'tp_btf.s+': ['TRACING', 'tp_btf', 'TRACE_RAW_TP'],
  'fentry+': ['TRACING', 'fentry', 'TRACE_FENTRY'],
  'fmod_ret+': ['TRACING', 'fmod_ret', 'MODIFY_RETURN'],
  'fexit+': ['TRACING', 'fexit', 'TRACE_FEXIT'],
  'fentry.s+': ['TRACING', 'fentry', 'TRACE_FENTRY'],
  'fmod_ret.s+': ['TRACING', 'fmod_ret', 'MODIFY_RETURN'],
  'fexit.s+': ['TRACING', 'fexit', 'TRACE_FEXIT'],
  'fsession+': ['TRACING', 'fsession', 'TRACE_FSESSION'],
  'fsession.s+': ['TRACING', 'fsession', 'TRACE_FSESSION'],
  'fsession.multi+': ['TRACING', 'fsession.multi', 'TRACE_FSESSION_MULTI'],
  'fsession.multi.s+': ['TRACING', 'fsession.multi', 'TRACE_FSESSION_MULTI'],
  'fentry.multi+': ['TRACING', 'fentry.multi', 'TRACE_FENTRY_MULTI'],
  'fexit.multi+': ['TRACING', 'fexit.multi', 'TRACE_FEXIT_MULTI'],
  'fentry.multi.s+': ['TRACING', 'fentry.multi', 'TRACE_FENTRY_MULTI'],
  'fexit.multi.s+': ['TRACING', 'fexit.multi', 'TRACE_FEXIT_MULTI'],
  'freplace+': ['EXT', 'freplace'],
  'lsm+': ['LSM', 'lsm', 'LSM_MAC'],
  'lsm.s+': ['LSM', 'lsm', 'LSM_MAC'],
  'lsm_cgroup+': ['LSM', 'cgroup', 'LSM_CGROUP'],
  'iter+': ['TRACING', 'iter', 'TRACE_ITER'],
  'iter.s+': ['TRACING', 'iter', 'TRACE_ITER'],
  syscall: ['SYSCALL', 'none'],
  'xdp.frags/devmap': ['XDP', 'none', 'XDP_DEVMAP'],
  'xdp/devmap': ['XDP', 'none', 'XDP_DEVMAP'],
  'xdp.frags/cpumap': ['XDP', 'none', 'XDP_CPUMAP'],
  'xdp/cpumap': ['XDP', 'none', 'XDP_CPUMAP'],
  'xdp.frags': ['XDP', 'xdp', 'XDP'],
  xdp: ['XDP', 'xdp', 'XDP'],
  perf_event: ['PERF_EVENT', 'perf_event'],
  lwt_in: ['LWT_IN', 'lwt'],
  lwt_out: ['LWT_OUT', 'lwt'],
  lwt_xmit: ['LWT_XMIT', 'lwt'],
  lwt_seg6local: ['LWT_SEG6LOCAL', 'lwt'],
  sockops: ['SOCK_OPS', 'cgroup', 'CGROUP_SOCK_OPS'],
  'sk_skb/stream_parser': ['SK_SKB', 'sk_skb', 'SK_SKB_STREAM_PARSER'],
  'sk_skb/stream_verdict': ['SK_SKB', 'sk_skb', 'SK_SKB_STREAM_VERDICT'],
  'sk_skb/verdict': ['SK_SKB', 'sk_skb', 'SK_SKB_VERDICT'],
  sk_skb: ['SK_SKB', 'sk_skb'],
  sk_msg: ['SK_MSG', 'sk_msg', 'SK_MSG_VERDICT'],
  lirc_mode2: ['LIRC_MODE2', 'lirc_mode2', 'LIRC_MODE2'],
  flow_dissector: ['FLOW_DISSECTOR', 'flow_dissector', 'FLOW_DISSECTOR'],
  'cgroup_skb/ingress': ['CGROUP_SKB', 'cgroup', 'CGROUP_INET_INGRESS'],
  'cgroup_skb/egress': ['CGROUP_SKB', 'cgroup', 'CGROUP_INET_EGRESS'],
  'cgroup/skb': ['CGROUP_SKB', 'cgroup'],
  'cgroup/sock_create': ['CGROUP_SOCK', 'cgroup', 'CGROUP_INET_SOCK_CREATE'],
  'cgroup/sock_release': ['CGROUP_SOCK', 'cgroup', 'CGROUP_INET_SOCK_RELEASE'],
  'cgroup/sock': ['CGROUP_SOCK', 'cgroup', 'CGROUP_INET_SOCK_CREATE'],
  'cgroup/post_bind4': ['CGROUP_SOCK', 'cgroup', 'CGROUP_INET4_POST_BIND'],
  'cgroup/post_bind6': ['CGROUP_SOCK', 'cgroup', 'CGROUP_INET6_POST_BIND'],
  'cgroup/bind4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET4_BIND'],
  'cgroup/bind6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET6_BIND'],
  'cgroup/connect4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET4_CONNECT'],
  'cgroup/connect6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET6_CONNECT'],
  'cgroup/connect_unix': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UNIX_CONNECT'],
  'cgroup/sendmsg4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UDP4_SENDMSG'],
  'cgroup/sendmsg6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UDP6_SENDMSG'],
  'cgroup/sendmsg_unix': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UNIX_SENDMSG'],
  'cgroup/recvmsg4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UDP4_RECVMSG'],
  'cgroup/recvmsg6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UDP6_RECVMSG'],
  'cgroup/recvmsg_unix': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UNIX_RECVMSG'],
  'cgroup/getpeername4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET4_GETPEERNAME'],
  'cgroup/getpeername6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET6_GETPEERNAME'],
  'cgroup/getpeername_unix': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UNIX_GETPEERNAME'],
  'cgroup/getsockname4': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET4_GETSOCKNAME'],
  'cgroup/getsockname6': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_INET6_GETSOCKNAME'],
  'cgroup/getsockname_unix': ['CGROUP_SOCK_ADDR', 'cgroup', 'CGROUP_UNIX_GETSOCKNAME'],
  'cgroup/sysctl': ['CGROUP_SYSCTL', 'cgroup', 'CGROUP_SYSCTL'],
  'cgroup/getsockopt': ['CGROUP_SOCKOPT', 'cgroup', 'CGROUP_GETSOCKOPT'],
  'cgroup/setsockopt': ['CGROUP_SOCKOPT', 'cgroup', 'CGROUP_SETSOCKOPT'],
  'cgroup/dev': ['CGROUP_DEVICE', 'cgroup', 'CGROUP_DEVICE'],
  'struct_ops+': ['STRUCT_OPS', 'struct_ops'],
  'struct_ops.s+': ['STRUCT_OPS', 'struct_ops'],
  sk_lookup: ['SK_LOOKUP', 'sk_lookup', 'SK_LOOKUP'],
  netfilter: ['NETFILTER', 'netfilter', 'NETFILTER'],
};
