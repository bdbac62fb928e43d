/* Helpers, sections, maps and printing for programs in C: ringtail's own, used where libbpf's is not installed. */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include "bpf_helper_defs.h"
#include "ringtail.h"

/* Places a program, a map or the licence: `SEC("tp_btf/sched_process_exec") int …`, `char LICENSE[] SEC("license")`. */
#define SEC(name)                                                                     \
	_Pragma("clang diagnostic push")                                              \
	_Pragma("clang diagnostic ignored \"-Wignored-attributes\"")                  \
	__attribute__((section(name), used))                                          \
	_Pragma("clang diagnostic pop")

/* Attributes of a map, members of a struct in SEC(".maps"). */
#define __uint(name, value) int (*name)[value]
#define __ulong(name, value) enum { RT_GLUE(__number_, __COUNTER__) = (value) } name
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

/* Values of `extern enum libbpf_tristate CONFIG_… __kconfig`. */
enum libbpf_tristate {
	TRI_NO,
	TRI_YES,
	TRI_MODULE,
};

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
/* A subprogram that the verifier sees with what its callers know. */
#define __hidden __attribute__((visibility("hidden")))

/* Symbols that are looked up when the program is loaded. */
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define bpf_ksym_exists(symbol) (!!(symbol))

/* Pointers in map values. */
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

/* What the verifier may take for granted of a global function's arguments. */
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
/* Of a kernel's type it is relocated, other than the compiler's own. */
#ifndef offsetof
#define offsetof(type, member) ((unsigned long)&((type *)0)->member)
#endif
#ifndef container_of
#define container_of(pointer, type, member)                                           \
	({                                                                            \
		void *__member = (void *)(pointer);                                   \
		(type *)(__member - offsetof(type, member));                          \
	})
#endif

/* The compiler forgets what it knows of memory, or of one variable. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* A tail call at a place that does not vary, which the kernel turns into a jump. */
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
	if (!__builtin_constant_p(slot))
		__bpf_unreachable();
	asm volatile("r1 = %[ctx]\n\t"
		     "r2 = %[map]\n\t"
		     "r3 = %[slot]\n\t"
		     "call 12"
		     : : [ctx] "r"(ctx), [map] "r"(map), [slot] "i"(slot)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
}

#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif

/* A line for /sys/kernel/tracing/trace_pipe: up to 3 values, or up to 12 on kernels since 5.16. */
#define bpf_printk(fmt, args...)                                                      \
	RT_13TH(_, ##args, RT_PRINTV, RT_PRINTV, RT_PRINTV, RT_PRINTV, RT_PRINTV,     \
		RT_PRINTV, RT_PRINTV, RT_PRINTV, RT_PRINTV, RT_PRINT3, RT_PRINT3,     \
		RT_PRINT3, RT_PRINT3)(fmt, ##args)
#define RT_PRINT3(fmt, args...)                                                       \
	({                                                                            \
		BPF_PRINTK_FMT_MOD char ____fmt[] = fmt;                              \
		bpf_trace_printk(____fmt, sizeof(____fmt), ##args);                   \
	})
#define RT_PRINTV(fmt, args...)                                                       \
	({                                                                            \
		RT_VALUES(fmt, ##args)                                                \
		bpf_trace_vprintk(___fmt, sizeof(___fmt), ___values, sizeof(___values)); \
	})
#define RT_VALUES(fmt, args...)                                                       \
	static const char ___fmt[] = fmt;                                             \
	unsigned long long ___values[RT_COUNT(args)];                                 \
	RT_QUIET RT_STORE(___values, ##args) RT_LOUD

/* Text into the file that an iterator makes. */
#define BPF_SEQ_PRINTF(seq, fmt, args...)                                             \
	({                                                                            \
		RT_VALUES(fmt, ##args)                                                \
		bpf_seq_printf(seq, ___fmt, sizeof(___fmt), ___values, sizeof(___values)); \
	})

/* Text into memory. */
#define BPF_SNPRINTF(out, out_size, fmt, args...)                                     \
	({                                                                            \
		RT_VALUES(fmt, ##args)                                                \
		bpf_snprintf(out, out_size, ___fmt, ___values, sizeof(___values));    \
	})

/*
 * Loops that the verifier walks through once (6.4): `bpf_for(i, 0, n) { … }`, `bpf_repeat(n) { … }`, and over what an
 * iterator gives, `bpf_for_each(task, task, NULL, 0) { … }`.
 */
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* The end is named outside of cleanup() too: clang writes no BTF for a function that is named only there. */
#define RT_ITERATOR(type, name, args...)                                              \
	struct bpf_iter_##type name                                                   \
		__attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),      \
		*name##_made __attribute__((unused)) =                                \
			(bpf_iter_##type##_new(&name, ##args),                        \
			 (void)bpf_iter_##type##_destroy, (struct bpf_iter_##type *)0)

#define bpf_for_each(type, cur, args...)                                              \
	for (RT_ITERATOR(type, ___it, ##args); ((cur) = bpf_iter_##type##_next(&___it));)

#define bpf_for(i, start, end)                                                        \
	for (RT_ITERATOR(num, ___it, (start), (end));                                 \
	     ({                                                                       \
		     int *___next = bpf_iter_num_next(&___it);                        \
		     ___next && ((i) = *___next, (i) >= (start) && (i) < (end));      \
	     });)

#define bpf_repeat(n) for (RT_ITERATOR(num, ___it, 0, (n)); bpf_iter_num_next(&___it);)

#endif
