/*
 * BCC's dialect of C in terms of libbpf's: maps by macros, methods on maps, probes by the names of functions.
 * Calls such as `events.perf_submit(ctx, &e, sizeof(e))` are turned into RT_perf_submit(events, ctx, &e, sizeof(e))
 * before clang sees them. Names that begin with rt_ and RT_ are not for programs.
 */
#ifndef __RINGTAIL_BCC_H__
#define __RINGTAIL_BCC_H__

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <ringtail/read.h>
#include <ringtail/wakeup.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-function"

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef __user
#define __user
#endif
#ifndef __kernel
#define __kernel
#endif

#define RT_PASTE(a, b) a##b
#define RT_JOIN(a, b) RT_PASTE(a, b)
#define RT_FIFTH(a, b, c, d, e, ...) e

/* --- Maps --------------------------------------------------------------------------------------------------------- */

#define RT_MAP(map_type, key_type, value_type, name, entries, flags)                                                   \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__type(key, key_type);                                                                                 \
		__type(value, value_type);                                                                             \
		__uint(max_entries, entries);                                                                          \
		__uint(map_flags, flags);                                                                              \
	} name SEC(".maps")

/* A map whose values are fds or numbers of the kernel's. */
#define RT_FD_MAP(map_type, name, entries)                                                                             \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__type(key, int);                                                                                      \
		__type(value, __u32);                                                                                  \
		__uint(max_entries, entries);                                                                          \
	} name SEC(".maps")

#define RT_QUEUE(map_type, name, value_type, entries)                                                                  \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__type(value, value_type);                                                                             \
		__uint(max_entries, entries);                                                                          \
	} name SEC(".maps")

/* The kernel does not count the records that a ring has no room for: an array beside each ring does. */
#define BPF_RINGBUF_OUTPUT(name, pages)                                                                                \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                                    \
		__uint(max_entries, (pages) * 4096);                                                                   \
	} name SEC(".maps");                                                                                           \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                                               \
		__uint(key_size, 4);                                                                                   \
		__uint(value_size, 8);                                                                                 \
		__uint(max_entries, 1);                                                                                \
	} RT_JOIN(rt_drops_, name) SEC(".maps")

#define BPF_PERF_OUTPUT(name) RT_FD_MAP(BPF_MAP_TYPE_PERF_EVENT_ARRAY, name, 0)
#define BPF_PERF_ARRAY(name, entries) RT_FD_MAP(BPF_MAP_TYPE_PERF_EVENT_ARRAY, name, entries)
#define BPF_CGROUP_ARRAY(name, entries) RT_FD_MAP(BPF_MAP_TYPE_CGROUP_ARRAY, name, entries)
#define BPF_PROG_ARRAY(name, entries) RT_FD_MAP(BPF_MAP_TYPE_PROG_ARRAY, name, entries)
#define BPF_DEVMAP(name, entries) RT_FD_MAP(BPF_MAP_TYPE_DEVMAP, name, entries)
#define BPF_CPUMAP(name, entries) RT_FD_MAP(BPF_MAP_TYPE_CPUMAP, name, entries)
#define BPF_XSKMAP(name, entries) RT_FD_MAP(BPF_MAP_TYPE_XSKMAP, name, entries)

/* BPF_HASH(name, key = u64, value = u64, entries = 10240), and those like it */
#define RT_HASH1(type, name) RT_MAP(type, u64, u64, name, 10240, 0)
#define RT_HASH2(type, name, key) RT_MAP(type, key, u64, name, 10240, 0)
#define RT_HASH3(type, name, key, value) RT_MAP(type, key, value, name, 10240, 0)
#define RT_HASH4(type, name, key, value, entries) RT_MAP(type, key, value, name, entries, 0)
#define RT_HASH(type, args...) RT_FIFTH(args, RT_HASH4, RT_HASH3, RT_HASH2, RT_HASH1)(type, args)
#define BPF_HASH(args...) RT_HASH(BPF_MAP_TYPE_HASH, args)
#define BPF_PERCPU_HASH(args...) RT_HASH(BPF_MAP_TYPE_PERCPU_HASH, args)

/* BPF_ARRAY(name, value = u64, entries = 10240); BCC's keys of arrays are of type int */
#define RT_ARRAY1(type, name) RT_MAP(type, int, u64, name, 10240, 0)
#define RT_ARRAY2(type, name, value) RT_MAP(type, int, value, name, 10240, 0)
#define RT_ARRAY3(type, name, value, entries) RT_MAP(type, int, value, name, entries, 0)
#define RT_ARRAY(type, args...) RT_FIFTH(args, , RT_ARRAY3, RT_ARRAY2, RT_ARRAY1)(type, args)
#define BPF_ARRAY(args...) RT_ARRAY(BPF_MAP_TYPE_ARRAY, args)
#define BPF_PERCPU_ARRAY(args...) RT_ARRAY(BPF_MAP_TYPE_PERCPU_ARRAY, args)

/* BPF_HISTOGRAM(name, key = int, entries = 64): an array where the key is an int, else a hash */
#define RT_HISTOGRAM_TYPE(key) (__builtin_types_compatible_p(key, int) ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH)
#define RT_HISTOGRAM1(name) RT_MAP(BPF_MAP_TYPE_ARRAY, int, u64, name, 64, 0)
#define RT_HISTOGRAM2(name, key) RT_MAP(RT_HISTOGRAM_TYPE(key), key, u64, name, 64, 0)
#define RT_HISTOGRAM3(name, key, entries) RT_MAP(RT_HISTOGRAM_TYPE(key), key, u64, name, entries, 0)
#define BPF_HISTOGRAM(args...) RT_FIFTH(args, , RT_HISTOGRAM3, RT_HISTOGRAM2, RT_HISTOGRAM1)(args)

/* BPF_LPM_TRIE(name, key = u64, value = u64, entries = 10240) */
#define RT_LPM_TRIE(key, value, name, entries)                                                                         \
	RT_MAP(BPF_MAP_TYPE_LPM_TRIE, key, value, name, entries, BPF_F_NO_PREALLOC)
#define RT_LPM_TRIE1(name) RT_LPM_TRIE(u64, u64, name, 10240)
#define RT_LPM_TRIE2(name, key) RT_LPM_TRIE(key, u64, name, 10240)
#define RT_LPM_TRIE3(name, key, value) RT_LPM_TRIE(key, value, name, 10240)
#define RT_LPM_TRIE4(name, key, value, entries) RT_LPM_TRIE(key, value, name, entries)
#define BPF_LPM_TRIE(args...) RT_FIFTH(args, RT_LPM_TRIE4, RT_LPM_TRIE3, RT_LPM_TRIE2, RT_LPM_TRIE1)(args)

/* The flags that BPF_QUEUE and BPF_STACK take as a fourth argument must be 0 for every kernel there is. */
#define BPF_QUEUE(name, value, entries...) RT_QUEUE(BPF_MAP_TYPE_QUEUE, name, value, RT_FIRST(entries))
#define BPF_STACK(name, value, entries...) RT_QUEUE(BPF_MAP_TYPE_STACK, name, value, RT_FIRST(entries))
#define RT_FIRST(first, ...) first

#ifndef BPF_MAX_STACK_DEPTH
#define BPF_MAX_STACK_DEPTH 127
#endif
struct bpf_stacktrace {
	__u64 ip[BPF_MAX_STACK_DEPTH];
};
#define RT_ROUND_UP(n) ((n) <= 1 ? 1 : 1ul << (64 - __builtin_clzl((n) - 1ul)))
#define BPF_STACK_TRACE(name, entries)                                                                                 \
	RT_MAP(BPF_MAP_TYPE_STACK_TRACE, int, struct bpf_stacktrace, name, RT_ROUND_UP(entries), 0)

/* BPF_ARRAY_OF_MAPS(name, "inner", entries), BPF_HASH_OF_MAPS(name, key = int, "inner", entries = 10240) */
#define RT_MAP_OF_MAPS(map_type, key_type, inner, name, entries)                                                       \
	struct {                                                                                                       \
		__uint(type, map_type);                                                                                \
		__type(key, key_type);                                                                                 \
		__type(value, __u32);                                                                                  \
		__uint(max_entries, entries);                                                                          \
		__array(values, __typeof__(inner));                                                                    \
	} name SEC(".maps")
#define BPF_ARRAY_OF_MAPS(name, inner, entries)                                                                        \
	RT_MAP_OF_MAPS(BPF_MAP_TYPE_ARRAY_OF_MAPS, int, inner, name, entries)
#define RT_HASH_OF_MAPS2(name, inner) RT_MAP_OF_MAPS(BPF_MAP_TYPE_HASH_OF_MAPS, int, inner, name, 10240)
#define RT_HASH_OF_MAPS3(name, key, inner) RT_MAP_OF_MAPS(BPF_MAP_TYPE_HASH_OF_MAPS, key, inner, name, 10240)
#define RT_HASH_OF_MAPS4(name, key, inner, entries)                                                                    \
	RT_MAP_OF_MAPS(BPF_MAP_TYPE_HASH_OF_MAPS, key, inner, name, entries)
#define BPF_HASH_OF_MAPS(args...) RT_FIFTH(args, RT_HASH_OF_MAPS4, RT_HASH_OF_MAPS3, RT_HASH_OF_MAPS2, )(args)

/* BPF_TABLE("hash", key, value, name, entries): the quotes are taken off before clang sees it */
#define RT_TABLE_hash(key) BPF_MAP_TYPE_HASH
#define RT_TABLE_percpu_hash(key) BPF_MAP_TYPE_PERCPU_HASH
#define RT_TABLE_lru_hash(key) BPF_MAP_TYPE_LRU_HASH
#define RT_TABLE_lru_percpu_hash(key) BPF_MAP_TYPE_LRU_PERCPU_HASH
#define RT_TABLE_array(key) BPF_MAP_TYPE_ARRAY
#define RT_TABLE_percpu_array(key) BPF_MAP_TYPE_PERCPU_ARRAY
#define RT_TABLE_histogram(key) RT_HISTOGRAM_TYPE(key)
#define RT_TABLE_lpm_trie(key) BPF_MAP_TYPE_LPM_TRIE
#define RT_TABLE_prog(key) BPF_MAP_TYPE_PROG_ARRAY
#define RT_TABLE_stacktrace(key) BPF_MAP_TYPE_STACK_TRACE
#define BPF_F_TABLE(type, key, value, name, entries, flags)                                                            \
	RT_MAP(RT_JOIN(RT_TABLE_, type)(key), key, value, name, entries, flags)
#define BPF_TABLE(type, key, value, name, entries)                                                                     \
	BPF_F_TABLE(type, key, value, name, entries, RT_JOIN(RT_FLAGS_, type))
#define BPF_TABLE_PUBLIC BPF_TABLE
#define RT_FLAGS_hash 0
#define RT_FLAGS_percpu_hash 0
#define RT_FLAGS_lru_hash 0
#define RT_FLAGS_lru_percpu_hash 0
#define RT_FLAGS_array 0
#define RT_FLAGS_percpu_array 0
#define RT_FLAGS_histogram 0
#define RT_FLAGS_lpm_trie BPF_F_NO_PREALLOC
#define RT_FLAGS_prog 0
#define RT_FLAGS_stacktrace 0

/* --- Methods ------------------------------------------------------------------------------------------------------ */

#define RT_KEY(map) __typeof__(*(map).key)
#define RT_VALUE(map) __typeof__(*(map).value)

#define RT_lookup(map, k)                                                                                              \
	({                                                                                                             \
		const RT_KEY(map) *rt_key = (k);                                                                       \
		(RT_VALUE(map) *)bpf_map_lookup_elem(&(map), rt_key);                                                  \
	})
#define RT_set(map, k, v, how)                                                                                         \
	({                                                                                                             \
		const RT_KEY(map) *rt_key = (k);                                                                       \
		const RT_VALUE(map) *rt_new = (v);                                                                     \
		bpf_map_update_elem(&(map), rt_key, rt_new, how);                                                      \
	})
#define RT_update(map, k, v) RT_set(map, k, v, BPF_ANY)
#define RT_insert(map, k, v) RT_set(map, k, v, BPF_NOEXIST)
#define RT_delete(map, k)                                                                                              \
	({                                                                                                             \
		const RT_KEY(map) *rt_key = (k);                                                                       \
		bpf_map_delete_elem(&(map), rt_key);                                                                   \
	})
#define RT_lookup_or_try_init(map, k, v)                                                                               \
	({                                                                                                             \
		const RT_KEY(map) *rt_key = (k);                                                                       \
		RT_VALUE(map) *rt_value = bpf_map_lookup_elem(&(map), rt_key);                                         \
		if (!rt_value) {                                                                                       \
			const RT_VALUE(map) *rt_new = (v);                                                             \
			bpf_map_update_elem(&(map), rt_key, rt_new, BPF_NOEXIST);                                      \
			rt_value = bpf_map_lookup_elem(&(map), rt_key);                                                \
		}                                                                                                      \
		rt_value;                                                                                              \
	})
/* Leaves the program where there is no room. */
#define RT_lookup_or_init(map, k, v)                                                                                   \
	({                                                                                                             \
		RT_VALUE(map) *rt_found = RT_lookup_or_try_init(map, k, v);                                            \
		if (!rt_found)                                                                                         \
			return 0;                                                                                      \
		rt_found;                                                                                              \
	})

/* A key that is not there yet is made where maps grow: in arrays there is nothing beyond the last. */
#define RT_GROWS(map)                                                                                                  \
	(sizeof(*(map).type) != sizeof(int) * BPF_MAP_TYPE_ARRAY &&                                                    \
	 sizeof(*(map).type) != sizeof(int) * BPF_MAP_TYPE_PERCPU_ARRAY)
#define RT_counter(map, k)                                                                                             \
	({                                                                                                             \
		RT_KEY(map) rt_key = (k);                                                                              \
		RT_VALUE(map) *rt_value = bpf_map_lookup_elem(&(map), &rt_key);                                        \
		if (RT_GROWS(map) && !rt_value) {                                                                      \
			RT_VALUE(map) rt_zero = 0;                                                                     \
			bpf_map_update_elem(&(map), &rt_key, &rt_zero, BPF_NOEXIST);                                   \
			rt_value = bpf_map_lookup_elem(&(map), &rt_key);                                               \
		}                                                                                                      \
		rt_value;                                                                                              \
	})
#define RT_increment1(map, k) RT_increment2(map, k, 1)
#define RT_increment2(map, k, n)                                                                                       \
	({                                                                                                             \
		RT_VALUE(map) *rt_count = RT_counter(map, k);                                                          \
		if (rt_count)                                                                                          \
			*rt_count += (n);                                                                              \
	})
#define RT_increment(map, args...) RT_FIFTH(args, , , RT_increment2, RT_increment1)(map, args)
#define RT_atomic_increment1(map, k) RT_atomic_increment2(map, k, 1)
#define RT_atomic_increment2(map, k, n)                                                                                \
	({                                                                                                             \
		RT_VALUE(map) *rt_count = RT_counter(map, k);                                                          \
		if (rt_count)                                                                                          \
			__sync_fetch_and_add(rt_count, (n));                                                           \
	})
#define RT_atomic_increment(map, args...) RT_FIFTH(args, , , RT_atomic_increment2, RT_atomic_increment1)(map, args)

/*
 * The type of what is sent is left in a section that no kernel sees: ringtail decodes the records of the map by it. Its
 * variables are called after the map.
 */
#define RT_NOTE_EVENT(map, data)                                                                                       \
	static __typeof__(data) RT_JOIN(rt_event_, map) __attribute__((section(".ringtail.events"), used))

#define RT_COUNT_DROP(map)                                                                                             \
	({                                                                                                             \
		__u32 rt_zero = 0;                                                                                     \
		__u64 *rt_drops = bpf_map_lookup_elem(&RT_JOIN(rt_drops_, map), &rt_zero);                             \
		if (rt_drops)                                                                                          \
			*rt_drops += 1;                                                                                \
	})
#define RT_ringbuf_reserve(map, size)                                                                                  \
	({                                                                                                             \
		void *rt_record = bpf_ringbuf_reserve(&(map), size, 0);                                                \
		if (!rt_record)                                                                                        \
			RT_COUNT_DROP(map);                                                                            \
		rt_record;                                                                                             \
	})
#define RT_ringbuf_submit(map, data, flags)                                                                            \
	({                                                                                                             \
		RT_NOTE_EVENT(map, data);                                                                              \
		bpf_ringbuf_submit(data, flags);                                                                       \
	})
#define RT_ringbuf_discard(map, data, flags) bpf_ringbuf_discard(data, flags)
#define RT_ringbuf_output(map, data, size, flags)                                                                      \
	({                                                                                                             \
		RT_NOTE_EVENT(map, data);                                                                              \
		long rt_error = bpf_ringbuf_output(&(map), data, size, flags);                                         \
		if (rt_error)                                                                                          \
			RT_COUNT_DROP(map);                                                                            \
		rt_error;                                                                                              \
	})
#define RT_ringbuf_query(map, flags) bpf_ringbuf_query(&(map), flags)

#define RT_perf_submit(map, ctx, data, size)                                                                           \
	({                                                                                                             \
		RT_NOTE_EVENT(map, data);                                                                              \
		bpf_perf_event_output(ctx, &(map), BPF_F_CURRENT_CPU, data, size);                                     \
	})
#define RT_perf_submit_skb(map, ctx, length, data, size)                                                               \
	({                                                                                                             \
		RT_NOTE_EVENT(map, data);                                                                              \
		bpf_perf_event_output(ctx, &(map), ((__u64)(length) << 32) | BPF_F_CURRENT_CPU, data, size);           \
	})
#define RT_perf_read(map, index) bpf_perf_event_read(&(map), index)
#define RT_perf_counter_value(map, index, value, size) bpf_perf_event_read_value(&(map), index, value, size)
#define RT_get_stackid(map, ctx, flags) bpf_get_stackid(ctx, &(map), flags)
#define RT_check_current_task(map, index) bpf_current_task_under_cgroup(&(map), index)
#define RT_redirect_map(map, key, flags) bpf_redirect_map(&(map), key, flags)
#define RT_call(map, ctx, index) bpf_tail_call(ctx, &(map), index)
#define RT_push(map, value, flags) bpf_map_push_elem(&(map), value, flags)
#define RT_pop(map, value) bpf_map_pop_elem(&(map), value)
#define RT_peek(map, value) bpf_map_peek_elem(&(map), value)

/* --- Probes ------------------------------------------------------------------------------------------------------- */

#define TRACEPOINT_PROBE(category, event)                                                                              \
	SEC("tracepoint/" #category "/" #event)                                                                        \
	int tracepoint__##category##__##event(struct tracepoint__##category##__##event *args)
#define RAW_TRACEPOINT_PROBE(event)                                                                                    \
	SEC("raw_tracepoint/" #event)                                                                                  \
	int raw_tracepoint__##event(struct bpf_raw_tracepoint_args *ctx)
#define KFUNC_PROBE(event, args...)                                                                                    \
	SEC("fentry/" #event) int BPF_PROG(kfunc__vmlinux__##event, ##args)
#define KRETFUNC_PROBE(event, args...)                                                                                 \
	SEC("fexit/" #event) int BPF_PROG(kretfunc__vmlinux__##event, ##args)
#define MODULE_KFUNC_PROBE(module, event, args...)                                                                     \
	SEC("fentry/" #module ":" #event) int BPF_PROG(kfunc__##module##__##event, ##args)
#define MODULE_KRETFUNC_PROBE(module, event, args...)                                                                  \
	SEC("fexit/" #module ":" #event) int BPF_PROG(kretfunc__##module##__##event, ##args)
#define KMOD_RET(event, args...)                                                                                       \
	SEC("fmod_ret/" #event) int BPF_PROG(kmod_ret__##event, ##args)
#define LSM_PROBE(event, args...)                                                                                      \
	SEC("lsm/" #event) int BPF_PROG(lsm__##event, ##args)
#define BPF_ITER(target)                                                                                               \
	SEC("iter/" #target) int bpf_iter__##target(struct bpf_iter__##target *ctx)

/*
 * Fields of a tracepoint that lie behind its record: in `data_loc_NAME` the low half says where, the high one how long.
 * The kernel takes the size of a read only where a mask shows that it is bounded.
 */
#define RT_DATA_LOC(field) ((char *)args + (args->data_loc_##field & 0xffff))
#define TP_DATA_LOC_READ(dst, field)                                                                                   \
	bpf_probe_read_kernel((void *)(dst), ((__u32)args->data_loc_##field >> 16) & 0xffff, RT_DATA_LOC(field))
#define TP_DATA_LOC_READ_CONST(dst, field, length)                                                                     \
	bpf_probe_read_kernel((void *)(dst), length, RT_DATA_LOC(field))
#define TP_DATA_LOC_READ_STR(dst, field, length)                                                                       \
	bpf_probe_read_kernel_str((void *)(dst), length, RT_DATA_LOC(field))

/* A probe whose function declares arguments: they are taken from the registers, and given to the user's function. */
#define RT_ARGUMENT1(get, x) , (void *)get(ctx, 1)
#define RT_ARGUMENT2(get, x, args...) RT_ARGUMENT1(get, x), (void *)get(ctx, 2)
#define RT_ARGUMENT3(get, x, args...) RT_ARGUMENT2(get, x, args), (void *)get(ctx, 3)
#define RT_ARGUMENT4(get, x, args...) RT_ARGUMENT3(get, x, args), (void *)get(ctx, 4)
#define RT_ARGUMENT5(get, x, args...) RT_ARGUMENT4(get, x, args), (void *)get(ctx, 5)
#define RT_ARGUMENT6(get, x, args...) RT_ARGUMENT5(get, x, args), (void *)get(ctx, 6)
#define RT_SEVENTH(a, b, c, d, e, f, g, ...) g
#define RT_ARGUMENTS(get, args...)                                                                                     \
	RT_SEVENTH(args, RT_ARGUMENT6, RT_ARGUMENT5, RT_ARGUMENT4, RT_ARGUMENT3, RT_ARGUMENT2, RT_ARGUMENT1)(get, args)
#define RT_PROBE(get, name, context, args...)                                                                          \
	name(struct pt_regs *ctx);                                                                                     \
	static __attribute__((always_inline)) int RT_JOIN(rt_, name)(context, args);                                   \
	int name(struct pt_regs *ctx)                                                                                  \
	{                                                                                                              \
		_Pragma("clang diagnostic push")                                                                       \
		_Pragma("clang diagnostic ignored \"-Wint-conversion\"")                                               \
		return RT_JOIN(rt_, name)((void *)ctx RT_ARGUMENTS(get, args));                                        \
		_Pragma("clang diagnostic pop")                                                                        \
	}                                                                                                              \
	static __attribute__((always_inline)) int RT_JOIN(rt_, name)(context, args)

#define RT_KPROBE(name, context, args...) RT_PROBE(rt_argument, name, context, args)
#define RT_SYSCALL(name, context, args...) RT_PROBE(rt_syscall_argument, name, context, args)

/* Where the registers with a function's arguments are; a system call has them in pt_regs of its own. */
#if defined(__TARGET_ARCH_x86)
#define RT_FUNCTION_REGISTER(r, n)                                                                                     \
	(n == 1 ? (r)->di : n == 2 ? (r)->si : n == 3 ? (r)->dx : n == 4 ? (r)->cx : n == 5 ? (r)->r8 : (r)->r9)
#define RT_SYSCALL_REGISTER(r, n)                                                                                      \
	(n == 1 ? &(r)->di : n == 2 ? &(r)->si : n == 3 ? &(r)->dx : n == 4 ? &(r)->r10 : n == 5 ? &(r)->r8 : &(r)->r9)
#elif defined(__TARGET_ARCH_arm64)
#define RT_FUNCTION_REGISTER(r, n) ((r)->regs[n - 1])
#define RT_SYSCALL_REGISTER(r, n) (n == 1 ? (unsigned long *)&(r)->orig_x0 : (unsigned long *)&(r)->regs[n - 1])
#endif

#define rt_argument(ctx, n) RT_FUNCTION_REGISTER(ctx, n)

static __attribute__((always_inline)) unsigned long rt_syscall_argument(struct pt_regs *ctx, int n)
{
	struct pt_regs *inner = (struct pt_regs *)RT_FUNCTION_REGISTER(ctx, 1);
	unsigned long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), RT_SYSCALL_REGISTER(inner, n));
	return value;
}

/* --- What else BCC has -------------------------------------------------------------------------------------------- */

/* The size of the text is put in. */
#define bpf_trace_printk(format, args...)                                                                              \
	({                                                                                                             \
		char rt_format[] = format;                                                                             \
		(bpf_trace_printk)(rt_format, sizeof(rt_format), ##args);                                              \
	})

#define lock_xadd(pointer, value) ((void)__sync_fetch_and_add(pointer, value))

static __attribute__((always_inline)) unsigned int bpf_log2(unsigned int v)
{
	unsigned int shift, r = (v > 0xffff) << 4;

	v >>= r;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	return r | (v >> 1);
}

/* one more than the logarithm, and 1 for 0: the slot of a histogram */
static __attribute__((always_inline)) unsigned int bpf_log2l(unsigned long v)
{
	unsigned int high = v >> 32;

	return high ? bpf_log2(high) + 32 + 1 : bpf_log2(v) + 1;
}

#define ntohs(x) bpf_ntohs(x)
#define ntohl(x) bpf_ntohl(x)
#define htons(x) bpf_htons(x)
#define htonl(x) bpf_htonl(x)
#define bpf_ntohll(x) bpf_be64_to_cpu(x)
#define bpf_htonll(x) bpf_cpu_to_be64(x)

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

#pragma clang diagnostic pop

/* BCC is silent about these in programs too: results of methods that nobody takes, keys of u32 where a map has int. */
#pragma clang diagnostic ignored "-Wunused-value"
#pragma clang diagnostic ignored "-Wpointer-sign"

#endif
