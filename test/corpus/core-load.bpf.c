/* What the verifier takes: reads by CO-RE of all sorts, and guards around what this kernel lacks. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

static __noinline __u64 sum_of(struct task_struct *task)
{
	__u64 sum = BPF_CORE_READ(task, real_parent, tgid) + BPF_CORE_READ(task, se.sum_exec_runtime);

	sum += BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	if (bpf_core_field_exists(task->__state))
		return sum + BPF_CORE_READ(task, __state);
	return sum + BPF_CORE_READ((struct task_struct___before_5_14 *)task, state);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	__u32 key = 0;
	__u64 *sum = bpf_map_lookup_elem(&sums, &key);

	if (!sum)
		return 0;
	*sum += task->pid + task->mm->arg_start + bpf_core_type_size(struct task_struct);
	*sum += bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_ringbuf_output) + sum_of(task);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 0;
	__u64 *sum = bpf_map_lookup_elem(&sums, &key);

	if (sum)
		*sum += sum_of((struct task_struct *)ctx->args[0]);
	return 0;
}
