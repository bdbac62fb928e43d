/* A program of each type that libbpf 1.1 knows, a subprogram of them all, and a global variable. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 runs;

static __noinline void count(void)
{
	__sync_fetch_and_add(&runs, 1);
}

/* A program of a section, that answers `verdict`. */
#define PROGRAM(name, section, type, verdict) \
	SEC(section) int name(type *ctx) { count(); return verdict; }

PROGRAM(p_socket, "socket", struct __sk_buff, 0)
PROGRAM(p_reuseport, "sk_reuseport", struct sk_reuseport_md, 1)
PROGRAM(p_kprobe, "kprobe/do_unlinkat", struct pt_regs, 0)
PROGRAM(p_kretprobe, "kretprobe/do_unlinkat", struct pt_regs, 0)
PROGRAM(p_ksyscall, "ksyscall/unlink", struct pt_regs, 0)
PROGRAM(p_uprobe, "uprobe", struct pt_regs, 0)
PROGRAM(p_uprobe_s, "uprobe.s", struct pt_regs, 0)
PROGRAM(p_usdt, "usdt", struct pt_regs, 0)
PROGRAM(p_tracepoint, "tp/sched/sched_switch", void, 0)
PROGRAM(p_raw_tp, "raw_tp/sched_switch", struct bpf_raw_tracepoint_args, 0)
PROGRAM(p_tp_btf, "tp_btf/sched_switch", void, 0)
PROGRAM(p_perf_event, "perf_event", struct bpf_perf_event_data, 0)
PROGRAM(p_iter_task, "iter/task", struct bpf_iter__task, 0)
PROGRAM(p_iter_s, "iter.s/task", struct bpf_iter__task, 0)
PROGRAM(p_syscall, "syscall", void, 0)
PROGRAM(p_tc, "tc", struct __sk_buff, -1)
PROGRAM(p_action, "action", struct __sk_buff, -1)
PROGRAM(p_xdp, "xdp", struct xdp_md, 2)
PROGRAM(p_xdp_frags, "xdp.frags", struct xdp_md, 2)
PROGRAM(p_devmap, "xdp/devmap", struct xdp_md, 2)
PROGRAM(p_cpumap, "xdp/cpumap", struct xdp_md, 2)
PROGRAM(p_lwt_in, "lwt_in", struct __sk_buff, 0)
PROGRAM(p_lwt_xmit, "lwt_xmit", struct __sk_buff, 0)
PROGRAM(p_lwt_seg6local, "lwt_seg6local", struct __sk_buff, 0)
PROGRAM(p_sockops, "sockops", struct bpf_sock_ops, 1)
PROGRAM(p_parser, "sk_skb/stream_parser", struct __sk_buff, 0)
PROGRAM(p_verdict, "sk_skb/stream_verdict", struct __sk_buff, 1)
PROGRAM(p_msg, "sk_msg", struct sk_msg_md, 1)
PROGRAM(p_flow, "flow_dissector", struct __sk_buff, 0)
PROGRAM(p_lookup, "sk_lookup", struct bpf_sk_lookup, 1)
PROGRAM(p_ingress, "cgroup_skb/ingress", struct __sk_buff, 1)
PROGRAM(p_egress, "cgroup_skb/egress", struct __sk_buff, 1)
PROGRAM(p_create, "cgroup/sock_create", struct bpf_sock, 1)
PROGRAM(p_release, "cgroup/sock_release", struct bpf_sock, 1)
PROGRAM(p_post_bind, "cgroup/post_bind4", struct bpf_sock, 1)
PROGRAM(p_bind, "cgroup/bind6", struct bpf_sock_addr, 1)
PROGRAM(p_connect, "cgroup/connect4", struct bpf_sock_addr, 1)
PROGRAM(p_sendmsg, "cgroup/sendmsg4", struct bpf_sock_addr, 1)
PROGRAM(p_recvmsg, "cgroup/recvmsg4", struct bpf_sock_addr, 1)
PROGRAM(p_peername, "cgroup/getpeername4", struct bpf_sock_addr, 1)
PROGRAM(p_sysctl, "cgroup/sysctl", struct bpf_sysctl, 1)
PROGRAM(p_getsockopt, "cgroup/getsockopt", struct bpf_sockopt, 1)
PROGRAM(p_setsockopt, "cgroup/setsockopt", struct bpf_sockopt, 1)
PROGRAM(p_dev, "cgroup/dev", struct bpf_cgroup_dev_ctx, 1)
