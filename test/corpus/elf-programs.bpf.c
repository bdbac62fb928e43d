// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause
// Subprograms, callbacks, global data, options and symbols of the kernel.
#include <stdbool.h>
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
	__u32 pid;
	__u32 sum;
	char comm[16];
	__u64 total;
};

struct other {
	char of_the_same_size[32];
};

const struct event *unused __attribute__((unused));
struct other pad;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

const volatile __u32 wanted = 7;
const volatile char greeting[] = "hello";
const volatile __u32 table[4] SEC(".rodata.table") = { 1, 2, 3, 4 };
int counter = 5;
static __u64 total = 40;
int scale = 4;
static volatile int zero;
__u64 calls;
struct event last SEC(".data.last");

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern bool CONFIG_NO_KERNEL_HAS_THIS __kconfig __weak;
extern enum libbpf_tristate CONFIG_BPF __kconfig __weak;
extern char CONFIG_CC_VERSION_TEXT[64] __kconfig __weak;

extern const void bpf_map_put __ksym;
extern const struct rq no_such_variable __ksym __weak;
/* From 6.2. */
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern int no_such_function(int) __ksym __weak;

static __noinline int twice(int x)
{
	return x * 2 + zero;
}

__noinline int add(int x)
{
	static int count;

	count += 2;
	return twice(x + count) + wanted;
}

__noinline __attribute__((visibility("hidden"))) int add_hidden(int x)
{
	return twice(x) + table[x & 3] + scale;
}

static long callback(__u32 index, void *context)
{
	counter += index;
	*(int *)context += add(index);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int on_exec(void *context)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	int sum = 0;

	if (!event)
		return 0;
	bpf_loop(4, callback, &sum, 0);
	total += sum;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->sum = add_hidden(sum) + CONFIG_BPF + CONFIG_CC_VERSION_TEXT[0];
	event->total = total + LINUX_KERNEL_VERSION;
	if (CONFIG_BPF_SYSCALL && !CONFIG_NO_KERNEL_HAS_THIS)
		event->total += (__u64)&bpf_map_put & 1;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	last.pid = event->pid;
	calls++;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(void *context)
{
	int sum = twice(greeting[1]);

	if (&no_such_variable)
		return 1;
	if (LINUX_KERNEL_VERSION >= 0x60200) {
		bpf_rcu_read_lock();
		bpf_rcu_read_unlock();
	}
	if (no_such_function)
		sum += no_such_function(3);
	return sum + pad.of_the_same_size[3];
}

SEC("tp_btf/sched_process_exit")
int on_exit_too(void *context)
{
	return add(3);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
