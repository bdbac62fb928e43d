// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause
// Programs that do not load by themselves, code without global data, sections without a target.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct record {
	__u64 a;
	__u64 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
	__type(value, struct record);
} named SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} mixed SEC(".maps");

static __noinline int shared(int x)
{
	return x + 1;
}

SEC("?socket")
int off(struct __sk_buff *skb)
{
	return shared(skb->len);
}

SEC("socket")
int on(struct __sk_buff *skb)
{
	__u64 value = 1;

	bpf_ringbuf_output(&mixed, &value, sizeof(value), 0);
	bpf_ringbuf_output(&mixed, &value, 4, 0);
	return shared(skb->len) + 1;
}

SEC("kprobe")
int nowhere(void *context)
{
	return 0;
}

SEC("uprobe.s")
int sleeps(void *context)
{
	return 0;
}
