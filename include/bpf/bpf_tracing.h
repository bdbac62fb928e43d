/* Arguments of traced functions, for programs in C: ringtail's own, used where libbpf's is not installed. */
#ifndef __BPF_TRACING_H__
#define __BPF_TRACING_H__

#include "bpf_core_read.h"
#include "ringtail.h"

/*
 * Registers by what they hold at a function's first instruction: its arguments, its return address (on the stack or in
 * a register), frame and stack pointer, result, place. Built with -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64.
 */
#if defined(__TARGET_ARCH_x86)

#define RT_REGS(x) ((const struct pt_regs *)(x))
#ifdef __VMLINUX_H__
#define RT_REG(name, user_name) name
#else /* as <asm/ptrace.h> calls them */
#define RT_REG(name, user_name) user_name
#endif
#define RT_PARM1 RT_REG(di, rdi)
#define RT_PARM2 RT_REG(si, rsi)
#define RT_PARM3 RT_REG(dx, rdx)
#define RT_PARM4 RT_REG(cx, rcx)
#define RT_PARM5 r8
#define RT_PARM6 r9
#define RT_PARM4_SYSCALL r10
#define RT_RET RT_REG(sp, rsp)
#define RT_FP RT_REG(bp, rbp)
#define RT_RC RT_REG(ax, rax)
#define RT_SP RT_REG(sp, rsp)
#define RT_IP RT_REG(ip, rip)

#elif defined(__TARGET_ARCH_arm64)

/* The kernel's struct begins with the one of user space, which is the only one that verifiers knew at first. */
#define RT_REGS(x) ((const struct user_pt_regs *)(x))
#define RT_PARM1 regs[0]
#define RT_PARM2 regs[1]
#define RT_PARM3 regs[2]
#define RT_PARM4 regs[3]
#define RT_PARM5 regs[4]
#define RT_PARM6 regs[5]
#define RT_PARM4_SYSCALL RT_PARM4
#define RT_RET regs[30]
#define RT_FP regs[29]
#define RT_RC regs[0]
#define RT_SP sp
#define RT_IP pc
/* The first argument's register holds the result by the time a syscall's tracepoint is passed. */
struct pt_regs___arm64 {
	unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___arm64 *)(x), orig_x0)

#endif

#ifdef RT_REGS

struct pt_regs;

/* Read where they are: of the context of a kprobe or uprobe. */
#define PT_REGS_PARM1(x) (RT_REGS(x)->RT_PARM1)
#define PT_REGS_PARM2(x) (RT_REGS(x)->RT_PARM2)
#define PT_REGS_PARM3(x) (RT_REGS(x)->RT_PARM3)
#define PT_REGS_PARM4(x) (RT_REGS(x)->RT_PARM4)
#define PT_REGS_PARM5(x) (RT_REGS(x)->RT_PARM5)
#define PT_REGS_PARM6(x) (RT_REGS(x)->RT_PARM6)
#define PT_REGS_RET(x) (RT_REGS(x)->RT_RET)
#define PT_REGS_FP(x) (RT_REGS(x)->RT_FP)
#define PT_REGS_RC(x) (RT_REGS(x)->RT_RC)
#define PT_REGS_SP(x) (RT_REGS(x)->RT_SP)
#define PT_REGS_IP(x) (RT_REGS(x)->RT_IP)

/* Read by a helper and relocated: of registers that a pointer leads to. */
#define PT_REGS_PARM1_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM1)
#define PT_REGS_PARM2_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM2)
#define PT_REGS_PARM3_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM3)
#define PT_REGS_PARM4_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM4)
#define PT_REGS_PARM5_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM5)
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_PARM6)
#define PT_REGS_RET_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_RET)
#define PT_REGS_FP_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_FP)
#define PT_REGS_RC_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_RC)
#define PT_REGS_SP_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_SP)
#define PT_REGS_IP_CORE(x) BPF_CORE_READ(RT_REGS(x), RT_IP)

/* Arguments of a system call, of the registers that PT_REGS_SYSCALL_REGS finds. */
#ifndef PT_REGS_PARM1_SYSCALL
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) PT_REGS_PARM1_CORE(x)
#endif
#define PT_REGS_PARM2_SYSCALL(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM2_CORE_SYSCALL(x) PT_REGS_PARM2_CORE(x)
#define PT_REGS_PARM3_SYSCALL(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM3_CORE_SYSCALL(x) PT_REGS_PARM3_CORE(x)
#define PT_REGS_PARM4_SYSCALL(x) (RT_REGS(x)->RT_PARM4_SYSCALL)
#define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ(RT_REGS(x), RT_PARM4_SYSCALL)
#define PT_REGS_PARM5_SYSCALL(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM5_CORE_SYSCALL(x) PT_REGS_PARM5_CORE(x)
#define PT_REGS_PARM6_SYSCALL(x) PT_REGS_PARM6(x)
#define PT_REGS_PARM6_CORE_SYSCALL(x) PT_REGS_PARM6_CORE(x)

/* A system call's function gets one pointer to the registers of its caller (CONFIG_ARCH_HAS_SYSCALL_WRAPPER). */
#ifndef PT_REGS_SYSCALL_REGS
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#endif

/* Where a function was called from: read at its entry (kprobe), or after its return (kretprobe). */
#if defined(__TARGET_ARCH_x86)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
	({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#define BPF_KRETPROBE_READ_RET_IP BPF_KPROBE_READ_RET_IP
#endif

/* kprobe/… and uprobe/…: `int BPF_KPROBE(do_unlinkat, int dfd, struct filename *name) { … }`; the registers are `ctx`. */
#define BPF_KPROBE(name, args...) RT_PROGRAM(name, struct pt_regs, RT_ARGUMENT, ##args)
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)
#define RT_ARGUMENT(i) (void *)RT_GLUE(RT_ARGUMENT, i)()
#define RT_ARGUMENT0() PT_REGS_PARM1(ctx)
#define RT_ARGUMENT1() PT_REGS_PARM2(ctx)
#define RT_ARGUMENT2() PT_REGS_PARM3(ctx)
#define RT_ARGUMENT3() PT_REGS_PARM4(ctx)
#define RT_ARGUMENT4() PT_REGS_PARM5(ctx)
#define RT_ARGUMENT5() PT_REGS_PARM6(ctx)

/* kretprobe/… and uretprobe/…: `int BPF_KRETPROBE(returned, long result) { … }`. */
#define BPF_KRETPROBE(name, args...) RT_PROGRAM(name, struct pt_regs, RT_RESULT, ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)
#define RT_RESULT(i) (void *)PT_REGS_RC(ctx)

/*
 * ksyscall/… and kprobes on functions of system calls: `int BPF_KSYSCALL(unlink, const char *path) { … }`. Says at run
 * time whether the kernel wraps system calls.
 */
#define BPF_KSYSCALL(name, args...)                                                   \
	name(struct pt_regs *ctx);                                                    \
	extern _Bool LINUX_HAS_SYSCALL_WRAPPER __attribute__((section(".kconfig")));  \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(struct pt_regs *ctx, ##args);                                      \
	typeof(name(0)) name(struct pt_regs *ctx)                                     \
	{                                                                             \
		struct pt_regs *regs = LINUX_HAS_SYSCALL_WRAPPER                      \
					       ? (struct pt_regs *)PT_REGS_PARM1(ctx) \
					       : ctx;                                 \
		RT_QUIET                                                              \
		if (LINUX_HAS_SYSCALL_WRAPPER)                                        \
			return ____##name(ctx RT_INDEXED(RT_WRAPPED, ##args));        \
		else                                                                  \
			return ____##name(ctx RT_INDEXED(RT_UNWRAPPED, ##args));      \
		RT_LOUD                                                               \
	}                                                                             \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL
#define RT_WRAPPED(i) (void *)RT_GLUE(RT_WRAPPED, i)()
#define RT_WRAPPED0() PT_REGS_PARM1_CORE_SYSCALL(regs)
#define RT_WRAPPED1() PT_REGS_PARM2_CORE_SYSCALL(regs)
#define RT_WRAPPED2() PT_REGS_PARM3_CORE_SYSCALL(regs)
#define RT_WRAPPED3() PT_REGS_PARM4_CORE_SYSCALL(regs)
#define RT_WRAPPED4() PT_REGS_PARM5_CORE_SYSCALL(regs)
#define RT_WRAPPED5() PT_REGS_PARM6_CORE_SYSCALL(regs)
#define RT_UNWRAPPED(i) (void *)RT_GLUE(RT_UNWRAPPED, i)()
#define RT_UNWRAPPED0() PT_REGS_PARM1_SYSCALL(regs)
#define RT_UNWRAPPED1() PT_REGS_PARM2_SYSCALL(regs)
#define RT_UNWRAPPED2() PT_REGS_PARM3_SYSCALL(regs)
#define RT_UNWRAPPED3() PT_REGS_PARM4_SYSCALL(regs)
#define RT_UNWRAPPED4() PT_REGS_PARM5_SYSCALL(regs)
#define RT_UNWRAPPED5() PT_REGS_PARM6_SYSCALL(regs)

#endif

/* tp_btf/…, raw_tp/…, fentry/…, fexit/…, lsm/…, iter/…: `int BPF_PROG(on_exec, struct task_struct *task) { … }`. */
#define BPF_PROG(name, args...) RT_PROGRAM(name, unsigned long long, RT_WORD, ##args)
#define RT_WORD(i) (void *)ctx[i]

/*
 * The same where an argument is a struct of up to 16 bytes (6.1), with commas between types and names:
 * `int BPF_PROG2(on_call, struct pair, p, int, n) { … }`.
 */
#define BPF_PROG2(name, args...)                                                      \
	name(unsigned long long *ctx);                                                \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(unsigned long long *ctx RT_DECLARED(args));                        \
	typeof(name(0)) name(unsigned long long *ctx)                                 \
	{                                                                             \
		return ____##name(ctx RT_VALUES_AT(args));                            \
	}                                                                             \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(unsigned long long *ctx RT_DECLARED(args))
#define RT_DECLARED(args...) RT_GLUE(RT_DECLARED, RT_COUNT(args))(args)
#define RT_DECLARED0()
#define RT_DECLARED2(t, x) , t x
#define RT_DECLARED4(t, x, args...) , t x RT_DECLARED2(args)
#define RT_DECLARED6(t, x, args...) , t x RT_DECLARED4(args)
#define RT_DECLARED8(t, x, args...) , t x RT_DECLARED6(args)
#define RT_DECLARED10(t, x, args...) , t x RT_DECLARED8(args)
#define RT_DECLARED12(t, x, args...) , t x RT_DECLARED10(args)
#define RT_VALUES_AT(args...) RT_GLUE(RT_VALUES_AT, RT_COUNT(args))(0, ##args)
#define RT_VALUES_AT0(n)
#define RT_VALUES_AT2(n, t, x) , RT_VALUE_AT(n, t)
#define RT_VALUES_AT4(n, t, x, args...) , RT_VALUE_AT(n, t) RT_VALUES_AT2(n + RT_WORDS(t), args)
#define RT_VALUES_AT6(n, t, x, args...) , RT_VALUE_AT(n, t) RT_VALUES_AT4(n + RT_WORDS(t), args)
#define RT_VALUES_AT8(n, t, x, args...) , RT_VALUE_AT(n, t) RT_VALUES_AT6(n + RT_WORDS(t), args)
#define RT_VALUES_AT10(n, t, x, args...) , RT_VALUE_AT(n, t) RT_VALUES_AT8(n + RT_WORDS(t), args)
#define RT_VALUES_AT12(n, t, x, args...) , RT_VALUE_AT(n, t) RT_VALUES_AT10(n + RT_WORDS(t), args)
#define RT_WORDS(t) ((sizeof(t) + 7) / 8)
#define RT_VALUE_AT(n, t)                                                             \
	({                                                                            \
		union {                                                               \
			unsigned long long words[RT_WORDS(t)];                        \
			t value;                                                      \
		} __argument;                                                         \
		__argument.words[0] = ctx[n];                                         \
		if (RT_WORDS(t) > 1)                                                  \
			__argument.words[RT_WORDS(t) - 1] = ctx[n + RT_WORDS(t) - 1]; \
		__argument.value;                                                     \
	})

#endif
