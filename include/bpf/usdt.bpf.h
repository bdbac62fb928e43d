/* Arguments of USDT probes, for programs in C: ringtail's own, used where libbpf's is not installed. */
#ifndef __USDT_BPF_H__
#define __USDT_BPF_H__

#include "bpf_helpers.h"
#include "bpf_tracing.h"
#include "ringtail.h"

/* Different forms of arguments that can be attached to at once, and places on kernels without cookies (before 5.15). */
#ifndef BPF_USDT_MAX_SPEC_CNT
#define BPF_USDT_MAX_SPEC_CNT 256
#endif
#ifndef BPF_USDT_MAX_IP_CNT
#define BPF_USDT_MAX_IP_CNT (4 * BPF_USDT_MAX_SPEC_CNT)
#endif

#define BPF_USDT_MAX_ARG_CNT 12

/* Where an argument is; written when a program is attached. */
enum __bpf_usdt_arg_type {
	BPF_USDT_ARG_CONST,
	BPF_USDT_ARG_REG,
	BPF_USDT_ARG_REG_DEREF,
};

struct __bpf_usdt_arg_spec {
	/* The constant, or what is added to the register for the address. */
	__u64 val_off;
	enum __bpf_usdt_arg_type arg_type;
	/* Place of the register in struct pt_regs. */
	short reg_off;
	_Bool arg_signed;
	/* 64 less the argument's bits. */
	char arg_bitshift;
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
	__u64 usdt_cookie;
	short arg_cnt;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_USDT_MAX_SPEC_CNT);
	__type(key, int);
	__type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_USDT_MAX_IP_CNT);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __weak;

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

#define RT_ENOENT 2
#define RT_ESRCH 3
#define RT_EINVAL 22

/* What is known of the probe that is being passed, or NULL. */
static __always_inline struct __bpf_usdt_spec *__bpf_usdt_spec(struct pt_regs *ctx)
{
	int id;

	if (LINUX_HAS_BPF_COOKIE) {
		id = bpf_get_attach_cookie(ctx);
	} else {
		long ip = PT_REGS_IP(ctx);
		int *known = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &ip);

		if (!known)
			return NULL;
		id = *known;
	}
	return bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

/* Number of the probe's arguments, or a negative error number. */
__weak __hidden int bpf_usdt_arg_cnt(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);

	return spec ? spec->arg_cnt : -RT_ESRCH;
}

/* Puts an argument into *res, which is 0 on failure. Returns 0 or a negative error number. */
__weak __hidden int bpf_usdt_arg(struct pt_regs *ctx, __u64 arg_num, long *res)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);
	struct __bpf_usdt_arg_spec *arg;
	unsigned long value;
	int error;

	*res = 0;
	if (!spec)
		return -RT_ESRCH;
	if (arg_num >= BPF_USDT_MAX_ARG_CNT || arg_num >= spec->arg_cnt)
		return -RT_ENOENT;
	arg = &spec->args[arg_num];
	if (arg->arg_type == BPF_USDT_ARG_CONST) {
		value = arg->val_off;
	} else {
		error = bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + arg->reg_off);
		if (error)
			return error;
		if (arg->arg_type == BPF_USDT_ARG_REG_DEREF) {
			error = bpf_probe_read_user(&value, sizeof(value), (void *)value + arg->val_off);
			if (error)
				return error;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			value >>= arg->arg_bitshift;
#endif
		} else if (arg->arg_type != BPF_USDT_ARG_REG) {
			return -RT_EINVAL;
		}
	}
	value <<= arg->arg_bitshift;
	*res = arg->arg_signed ? (long)value >> arg->arg_bitshift : value >> arg->arg_bitshift;
	return 0;
}

/* The number that was given when the program was attached, or a negative error number. */
__weak __hidden long bpf_usdt_cookie(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_spec(ctx);

	return spec ? spec->usdt_cookie : -RT_ESRCH;
}

/* SEC("usdt/…"): `int BPF_USDT(on_query, const char *text, int length) { … }`; the registers are `ctx`. */
#define BPF_USDT(name, args...) RT_PROGRAM(name, struct pt_regs, RT_USDT_ARG, ##args)
#define RT_USDT_ARG(i)                                                                \
	({                                                                            \
		long __arg;                                                           \
		bpf_usdt_arg(ctx, i, &__arg);                                         \
		(void *)__arg;                                                        \
	})

#endif
