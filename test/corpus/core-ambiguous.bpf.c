/* `later` lies at different offsets in the two flavours of `struct unclear` in core-kernel.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct unclear {
	int later;
} __attribute__((preserve_access_index));

SEC("socket")
int ambiguous(struct __sk_buff *ctx)
{
	asm volatile("" : : "r"(&((struct unclear *)ctx)->later));
	return 0;
}
