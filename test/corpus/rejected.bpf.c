// A program that the verifier refuses, at a line in a function that it calls.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static __noinline __u64 first_count(void) {
  __u32 key = 0;
  __u64 *count = bpf_map_lookup_elem(&counts, &key);
  return *count;
}

SEC("socket")
int unchecked(struct __sk_buff *skb) {
  return first_count() + skb->len;
}

SEC("?socket")
int accepted(struct __sk_buff *skb) {
  return skb->len;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
