// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause
// Every way in which libbpf lets a map be defined.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct key {
	__u32 a;
	__u16 b[3];
};

typedef struct {
	__u64 count;
	char name[16];
} value_t;

enum { ENTRIES = 12 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, struct key);
	__type(value, value_t);
} typed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 40);
} sized SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(value_size, 8);
	__uint(map_extra, 5);
} bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct { __u32 length; __u8 data[4]; });
	__type(value, __u32);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 3);
	__type(value, value_t);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} perf SEC(".maps");

// A size that libbpf rounds up.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 1 << 16);
} user_ring SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 5);
	__type(key, int);
	__array(values, struct inner);
} maps SEC(".maps") = {
	.values = { [1] = &first, [4] = &second },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, int);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_HASH);
		__uint(max_entries, 1);
		__uint(key_size, 4);
		__uint(value_size, 4);
	});
} any SEC(".maps");

int tail(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} programs SEC(".maps") = {
	.values = { [2] = (void *)&tail },
};

SEC("socket")
int tail(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("socket")
int entry(struct __sk_buff *skb)
{
	struct key key = { .a = skb->len };
	__u32 zero = 0;
	value_t *value = bpf_map_lookup_elem(&typed, &key);
	void *inner = bpf_map_lookup_elem(&maps, &zero);

	bpf_tail_call(skb, &programs, 2);
	if (inner && bpf_map_lookup_elem(inner, &zero))
		return 2;
	return value ? value->count : 0;
}

char LICENSE[] SEC("license") = "GPL";
