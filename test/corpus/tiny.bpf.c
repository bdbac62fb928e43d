// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause
// A little of everything in few bytes, so that damage to it matters: what the fuzz test breaks most often.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct inner {
	int deep[3][5];
	const char *name;
} __attribute__((preserve_access_index));

enum color { RED, GREEN, BLUE };

union number {
	__u64 whole;
	__u32 halves[2];
};

struct event {
	__u32 pid;
	__u8 flag : 3, rest : 5;
	enum color color;
	char comm[16];
	union number number;
	struct {
		short x, y;
	} places[2];
	int (*callback)(struct event *event, const char *name);
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const struct event *unused;
const volatile int limit = 7;
extern int LINUX_KERNEL_VERSION __kconfig;

static __noinline int twice(int x)
{
	return x * 2;
}

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void *context)
{
	struct inner *inner = context;
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = twice(limit) + LINUX_KERNEL_VERSION + bpf_core_enum_value(enum color, GREEN);
	if (bpf_core_field_exists(inner->deep))
		event->places[0].x = BPF_CORE_READ(inner, deep[1][2]);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
