/* What tracers ask of a kernel: relocated against the BTF of the one that runs. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Keeps the value, and costs no instruction. */
#define SINK(value) asm volatile("" : : "r"((unsigned long long)(value)))

/* Fields as kernels before 5.14 and 5.16 have them. */
struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

struct kernfs_node___before_5_5 {
	struct {
		unsigned int ino;
	} id;
} __attribute__((preserve_access_index));

struct request_queue___none {
	int no_such_member;
} __attribute__((preserve_access_index));

struct no_such_struct {
	int field;
} __attribute__((preserve_access_index));

enum no_such_enum { NO_SUCH_VALUE = 3 };

SEC("socket")
int tasks(struct __sk_buff *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	SINK(BPF_CORE_READ(task, pid));
	SINK(BPF_CORE_READ(task, tgid));
	SINK(BPF_CORE_READ(task, real_parent, tgid));
	SINK(BPF_CORE_READ(task, group_leader, start_time));
	SINK(BPF_CORE_READ(task, cred, uid.val));
	SINK(BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum));
	SINK(BPF_CORE_READ(task, nsproxy, uts_ns, name.nodename[0]));
	SINK(BPF_CORE_READ(task, mm, arg_start));
	SINK(BPF_CORE_READ(task, mm, arg_end));
	SINK(BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino));
	SINK(BPF_CORE_READ(task, thread_pid, numbers[0].nr));
	SINK(BPF_CORE_READ(task, signal, rlim[7].rlim_cur));
	SINK(BPF_CORE_READ(task, files, fdt, max_fds));
	SINK(BPF_CORE_READ(task, cgroups, subsys[0], cgroup, kn, name));
	SINK(BPF_CORE_READ(task, exit_code));
	SINK(BPF_CORE_READ(task, se.sum_exec_runtime));
	SINK(BPF_CORE_READ(task, comm[3]));
	SINK(BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork));
	SINK(BPF_CORE_READ_BITFIELD_PROBED(task, in_execve));
	if (bpf_core_field_exists(task->__state))
		SINK(BPF_CORE_READ(task, __state));
	else
		SINK(BPF_CORE_READ((struct task_struct___before_5_14 *)task, state));
	return 0;
}

SEC("socket")
int files(struct __sk_buff *ctx)
{
	struct file *file = (void *)ctx;

	SINK(file->f_inode);
	SINK(file->f_flags);
	SINK(file->f_pos);
	SINK(BPF_CORE_READ(file, f_path.dentry, d_name.name));
	SINK(BPF_CORE_READ(file, f_path.dentry, d_name.len));
	SINK(BPF_CORE_READ(file, f_path.dentry, d_parent, d_inode, i_mode));
	SINK(BPF_CORE_READ(file, f_path.mnt, mnt_sb, s_dev));
	SINK(BPF_CORE_READ(file, f_inode, i_sb, s_magic));
	SINK(bpf_core_field_size(file->f_path));
	SINK(bpf_core_field_offset(file->f_pos));
	return 0;
}

SEC("socket")
int sockets(struct __sk_buff *ctx)
{
	struct sock *sock = (void *)ctx;
	struct sk_buff *skb = (void *)ctx;
	struct tcp_sock *tcp = (void *)ctx;

	SINK(sock->__sk_common.skc_dport);
	SINK(sock->__sk_common.skc_rcv_saddr);
	SINK(sock->__sk_common.skc_state);
	SINK(BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]));
	SINK(BPF_CORE_READ_BITFIELD_PROBED(sock, sk_userlocks));
	SINK(BPF_CORE_READ(skb, dev, ifindex));
	SINK(BPF_CORE_READ_BITFIELD_PROBED(skb, cloned));
	SINK(BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type));
	SINK(BPF_CORE_READ(tcp, inet_conn.icsk_inet.inet_sport));
	SINK(BPF_CORE_READ(tcp, srtt_us));
	return 0;
}

SEC("socket")
int types(struct __sk_buff *ctx)
{
	SINK(bpf_core_type_exists(struct task_struct));
	SINK(bpf_core_type_size(struct task_struct));
	SINK(bpf_core_type_id_kernel(struct task_struct));
	SINK(bpf_core_type_id_local(struct task_struct));
	SINK(bpf_core_type_exists(struct bpf_ringbuf_map));
	SINK(bpf_core_type_exists(struct no_such_struct));
	SINK(bpf_core_type_exists(pid_t));
	SINK(bpf_core_type_exists(irq_handler_t));
	SINK(bpf_core_type_size(union bpf_attr));
	SINK(bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_ringbuf_output));
	SINK(bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_RINGBUF));
	SINK(bpf_core_enum_value_exists(enum no_such_enum, NO_SUCH_VALUE));
	return 0;
}

SEC("socket")
int others(struct __sk_buff *ctx)
{
	struct kernfs_node___before_5_5 *node = (void *)ctx;
	struct request_queue___none *queue = (void *)ctx;
	struct no_such_struct *none = (void *)ctx;

	if (bpf_core_field_exists(node->id.ino))
		SINK(BPF_CORE_READ(node, id.ino));
	if (bpf_core_field_exists(queue->no_such_member))
		SINK(queue->no_such_member);
	if (bpf_core_type_exists(struct no_such_struct))
		SINK(none->field);
	if (bpf_core_enum_value_exists(enum no_such_enum, NO_SUCH_VALUE))
		SINK(bpf_core_enum_value(enum no_such_enum, NO_SUCH_VALUE));
	return 0;
}
