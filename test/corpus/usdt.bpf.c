#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

s64 runs, narrow_sum, wide_sum, last_constant, last_count;
u64 last_cookie;

SEC("usdt")
int BPF_USDT(on_plain, int narrow, long wide, int constant)
{
	runs++;
	narrow_sum += narrow;
	wide_sum += wide;
	last_constant = constant;
	last_count = bpf_usdt_arg_cnt(ctx);
	last_cookie = bpf_usdt_cookie(ctx);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_guarded)
{
	last_count = bpf_usdt_arg_cnt(ctx);
	return 0;
}
