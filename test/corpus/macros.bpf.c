/* Every macro that tracers use of libbpf's headers, for the code that it makes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

const volatile __u16 port = bpf_htons(443);
char text[64];
__u64 sum, address;

SEC("tp_btf/sched_process_exec")
int BPF_PROG(values, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct task_struct *parent;
	char comm[16];

	sum += BPF_CORE_READ(task, tgid) + BPF_CORE_READ(task, real_parent, tgid) + old_pid;
	sum += BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
	sum += BPF_CORE_READ(task, mm, exe_file, f_inode, i_sb, s_dev);
	BPF_CORE_READ_INTO(&parent, task, real_parent);
	sum += BPF_CORE_READ_STR_INTO(&comm, parent, real_parent, comm);
	BPF_SNPRINTF(text, sizeof(text), "%s %d", comm, old_pid);
	BPF_SNPRINTF(text, sizeof(text), "nothing");
	sum += BPF_CORE_READ_BITFIELD(task, in_execve) + BPF_CORE_READ_BITFIELD_PROBED(parent, in_execve);
	sum += bpf_core_field_exists(task->pid) + bpf_core_field_size(struct task_struct, comm);
	sum += bpf_core_field_offset(struct task_struct, pid) + bpf_core_type_size(struct task_struct);
	sum += bpf_core_enum_value(enum pid_type, PIDTYPE_SID);
	bpf_printk("none");
	bpf_printk("%d %s %d", 1, comm, 3);
	bpf_printk("%d %d %d %d %s", 1, 2, 3, 4, comm);
	return 0;
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(entered, int dfd, struct filename *name, long third, __u8 fourth, void *fifth)
{
	sum += dfd + third + fourth + (long)fifth;
	bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(name, name));
	BPF_KPROBE_READ_RET_IP(address, ctx);
	return 0;
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(returned, int result)
{
	sum += result;
	BPF_KRETPROBE_READ_RET_IP(address, ctx);
	return 0;
}

SEC("ksyscall/openat")
int BPF_KSYSCALL(system_call, int dfd, const char *name, int flags, int mode)
{
	sum += flags + mode + (flags & O_CREAT ? S_IFREG : AF_INET6);
	bpf_probe_read_user_str(text, sizeof(text), name);
	return 0;
}

SEC("uprobe")
int registers(struct pt_regs *ctx)
{
	struct pt_regs *outer = PT_REGS_SYSCALL_REGS(ctx);

	sum += PT_REGS_PARM1(ctx) + PT_REGS_PARM5(ctx) + PT_REGS_RC(ctx) + PT_REGS_SP(ctx) + PT_REGS_FP(ctx);
	sum += PT_REGS_IP(ctx) + PT_REGS_RET(ctx) + PT_REGS_PARM4_CORE(outer) + PT_REGS_IP_CORE(outer);
	sum += PT_REGS_PARM1_CORE_SYSCALL(outer) + PT_REGS_PARM4_CORE_SYSCALL(outer);
	return 0;
}

struct pair {
	__u64 first, second;
};

SEC("?fentry/bpf_fentry_test1")
int BPF_PROG2(structs, struct pair, both, int, number, __u8, small)
{
	sum += both.second + number + small;
	return 0;
}

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	if (ctx->task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %s\n", ctx->task->pid, ctx->task->comm);
	return 0;
}

SEC("tc")
int packet(struct __sk_buff *skb)
{
	if (bpf_ntohs(skb->protocol) == ETH_P_IPV6 && bpf_htonl(skb->mark) == 1)
		bpf_tail_call_static(skb, &next, 1);
	switch (skb->protocol) {
	case bpf_htons(ETH_P_IP):
		return TC_ACT_SHOT;
	}
	barrier_var(skb);
	barrier();
	return port ? TC_ACT_OK : TC_ACT_PIPE;
}
