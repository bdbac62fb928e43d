/* A function of a module, nf_conntrack's, that is called, and one that no module has. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* As the module has it; not all kernels have it in their types. */
struct options {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 tuple_size,
				  struct options *options, __u32 options_size) __ksym;
void bpf_ct_release(struct nf_conn *connection) __ksym;
void bpf_never_heard_of(void) __ksym __weak;

int error;

SEC("tc")
int look(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct options options = { .netns_id = -1, .l4proto = IPPROTO_UDP };
	struct nf_conn *connection = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &options, sizeof(options));

	error = options.error;
	if (connection)
		bpf_ct_release(connection);
	if (bpf_never_heard_of)
		bpf_never_heard_of();
	return connection != NULL;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
