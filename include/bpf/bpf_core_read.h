/* Reading kernel memory by CO-RE, for programs in C: ringtail's own, used where libbpf's is not installed. */
#ifndef __BPF_CORE_READ_H__
#define __BPF_CORE_READ_H__

#include "ringtail.h"

/* What __builtin_preserve_field_info() may be asked. */
enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

/* __builtin_btf_type_id() */
enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

/* __builtin_preserve_type_info() */
enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

/* __builtin_preserve_enum_value() */
enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

/* A field is written as `pointer->field`, or as type and field: `struct task_struct, pid`. */
#define RT_FIELD(field...) RT_GLUE(RT_FIELD, RT_COUNT(field))(field)
#define RT_FIELD1(field) field
#define RT_FIELD2(type, field) ((typeof(type) *)0)->field

/* Whether the kernel has the field, and where. */
#define bpf_core_field_exists(field...) __builtin_preserve_field_info(RT_FIELD(field), BPF_FIELD_EXISTS)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(RT_FIELD(field), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(RT_FIELD(field), BPF_FIELD_BYTE_OFFSET)

/* Whether the kernel has the type, alike or at all, how large it is there, and its id. */
#define RT_VALUE_OF(type) (*(typeof(type) *)0)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(RT_VALUE_OF(type), BPF_TYPE_EXISTS)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(RT_VALUE_OF(type), BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(RT_VALUE_OF(type), BPF_TYPE_SIZE)
#define bpf_core_type_id_local(type) __builtin_btf_type_id(RT_VALUE_OF(type), BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(RT_VALUE_OF(type), BPF_TYPE_ID_TARGET)

/* Whether the kernel's enum has the constant, and its number there. */
#define bpf_core_enum_value_exists(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, BPF_ENUMVAL_VALUE)

/* The helpers that read, with the address relocated. */
#define RT_PLACE(src) ((const void *)__builtin_preserve_access_index(src))
#define bpf_core_read(dst, size, src) bpf_probe_read_kernel(dst, size, RT_PLACE(src))
#define bpf_core_read_user(dst, size, src) bpf_probe_read_user(dst, size, RT_PLACE(src))
#define bpf_core_read_str(dst, size, src) bpf_probe_read_kernel_str(dst, size, RT_PLACE(src))
#define bpf_core_read_user_str(dst, size, src) bpf_probe_read_user_str(dst, size, RT_PLACE(src))

/* A pointer that may be followed without further ado (bpf_rdonly_cast, 6.2). */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __attribute__((weak, section(".ksyms")));
#define bpf_core_cast(pointer, type) ((typeof(type) *)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))

/*
 * Walks along pointers: of `p->a->b->c`, the pointers a and b are read into one variable after the other by `hop`,
 * and c into *dst by `last`, whose result is that of the whole.
 */
#define RT_READ(read, dst, type, p, field) read((void *)(dst), sizeof(*(dst)), &((type)(p))->field);
#define RT_WALK(hop, last, dst, p, fields...) ({ RT_GLUE(RT_WALK, RT_COUNT(fields))(hop, last, dst, p, fields) })
#define RT_WALK1(hop, last, dst, p, a) RT_READ(last, dst, typeof(p), p, a)
#define RT_WALK2(hop, last, dst, p, a, b) \
	RT_HOPS1(hop, p, a) RT_READ(last, dst, typeof((p)->a), __p, b)
#define RT_WALK3(hop, last, dst, p, a, b, c) \
	RT_HOPS2(hop, p, a, b) RT_READ(last, dst, typeof((p)->a->b), __p, c)
#define RT_WALK4(hop, last, dst, p, a, b, c, d) \
	RT_HOPS3(hop, p, a, b, c) RT_READ(last, dst, typeof((p)->a->b->c), __p, d)
#define RT_WALK5(hop, last, dst, p, a, b, c, d, e) \
	RT_HOPS4(hop, p, a, b, c, d) RT_READ(last, dst, typeof((p)->a->b->c->d), __p, e)
#define RT_WALK6(hop, last, dst, p, a, b, c, d, e, f) \
	RT_HOPS5(hop, p, a, b, c, d, e) RT_READ(last, dst, typeof((p)->a->b->c->d->e), __p, f)
#define RT_WALK7(hop, last, dst, p, a, b, c, d, e, f, g) \
	RT_HOPS6(hop, p, a, b, c, d, e, f) RT_READ(last, dst, typeof((p)->a->b->c->d->e->f), __p, g)
#define RT_WALK8(hop, last, dst, p, a, b, c, d, e, f, g, h) \
	RT_HOPS7(hop, p, a, b, c, d, e, f, g) RT_READ(last, dst, typeof((p)->a->b->c->d->e->f->g), __p, h)
#define RT_WALK9(hop, last, dst, p, a, b, c, d, e, f, g, h, i) \
	RT_HOPS8(hop, p, a, b, c, d, e, f, g, h) RT_READ(last, dst, typeof((p)->a->b->c->d->e->f->g->h), __p, i)
#define RT_HOPS1(hop, p, a) \
	const void *__p; RT_READ(hop, &__p, typeof(p), p, a)
#define RT_HOPS2(hop, p, a, b) \
	RT_HOPS1(hop, p, a) RT_READ(hop, &__p, typeof((p)->a), __p, b)
#define RT_HOPS3(hop, p, a, b, c) \
	RT_HOPS2(hop, p, a, b) RT_READ(hop, &__p, typeof((p)->a->b), __p, c)
#define RT_HOPS4(hop, p, a, b, c, d) \
	RT_HOPS3(hop, p, a, b, c) RT_READ(hop, &__p, typeof((p)->a->b->c), __p, d)
#define RT_HOPS5(hop, p, a, b, c, d, e) \
	RT_HOPS4(hop, p, a, b, c, d) RT_READ(hop, &__p, typeof((p)->a->b->c->d), __p, e)
#define RT_HOPS6(hop, p, a, b, c, d, e, f) \
	RT_HOPS5(hop, p, a, b, c, d, e) RT_READ(hop, &__p, typeof((p)->a->b->c->d->e), __p, f)
#define RT_HOPS7(hop, p, a, b, c, d, e, f, g) \
	RT_HOPS6(hop, p, a, b, c, d, e, f) RT_READ(hop, &__p, typeof((p)->a->b->c->d->e->f), __p, g)
#define RT_HOPS8(hop, p, a, b, c, d, e, f, g, h) \
	RT_HOPS7(hop, p, a, b, c, d, e, f, g) RT_READ(hop, &__p, typeof((p)->a->b->c->d->e->f->g), __p, h)

/* The last field as an expression, for its type. */
#define RT_ARROW(p, fields...) RT_GLUE(RT_ARROW, RT_COUNT(fields))(p, fields)
#define RT_ARROW1(p, a) (p)->a
#define RT_ARROW2(p, a, b) (p)->a->b
#define RT_ARROW3(p, a, b, c) (p)->a->b->c
#define RT_ARROW4(p, a, b, c, d) (p)->a->b->c->d
#define RT_ARROW5(p, a, b, c, d, e) (p)->a->b->c->d->e
#define RT_ARROW6(p, a, b, c, d, e, f) (p)->a->b->c->d->e->f
#define RT_ARROW7(p, a, b, c, d, e, f, g) (p)->a->b->c->d->e->f->g
#define RT_ARROW8(p, a, b, c, d, e, f, g, h) (p)->a->b->c->d->e->f->g->h
#define RT_ARROW9(p, a, b, c, d, e, f, g, h, i) (p)->a->b->c->d->e->f->g->h->i

/* BPF_CORE_READ(task, real_parent, tgid) is task->real_parent->tgid. */
#define RT_VALUE(into, src, fields...)                                                \
	({                                                                            \
		typeof(RT_ARROW((src), ##fields)) __r;                                \
		into(&__r, (src), ##fields);                                          \
		__r;                                                                  \
	})
#define BPF_CORE_READ(src, fields...) RT_VALUE(BPF_CORE_READ_INTO, src, ##fields)
#define BPF_CORE_READ_USER(src, fields...) RT_VALUE(BPF_CORE_READ_USER_INTO, src, ##fields)
#define BPF_PROBE_READ(src, fields...) RT_VALUE(BPF_PROBE_READ_INTO, src, ##fields)
#define BPF_PROBE_READ_USER(src, fields...) RT_VALUE(BPF_PROBE_READ_USER_INTO, src, ##fields)

/* The same into *dst, with the helper's result: 0, or a negative error number. */
#define BPF_CORE_READ_INTO(dst, src, fields...) \
	RT_WALK(bpf_core_read, bpf_core_read, dst, (src), ##fields)
#define BPF_CORE_READ_USER_INTO(dst, src, fields...) \
	RT_WALK(bpf_core_read_user, bpf_core_read_user, dst, (src), ##fields)
#define BPF_CORE_READ_STR_INTO(dst, src, fields...) \
	RT_WALK(bpf_core_read, bpf_core_read_str, dst, (src), ##fields)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, fields...) \
	RT_WALK(bpf_core_read_user, bpf_core_read_user_str, dst, (src), ##fields)

/* The same without relocations, for types that are the program's own. */
#define BPF_PROBE_READ_INTO(dst, src, fields...) \
	RT_WALK(bpf_probe_read, bpf_probe_read, dst, (src), ##fields)
#define BPF_PROBE_READ_USER_INTO(dst, src, fields...) \
	RT_WALK(bpf_probe_read_user, bpf_probe_read_user, dst, (src), ##fields)
#define BPF_PROBE_READ_STR_INTO(dst, src, fields...) \
	RT_WALK(bpf_probe_read, bpf_probe_read_str, dst, (src), ##fields)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, fields...) \
	RT_WALK(bpf_probe_read_user, bpf_probe_read_user_str, dst, (src), ##fields)

/* Bitfields, as 64 bits: read where they are, or by a helper. */
#define RT_INFO(s, field, kind) __builtin_preserve_field_info((s)->field, BPF_FIELD_##kind)
#define RT_SHIFTED(s, field, value)                                                   \
	value <<= RT_INFO(s, field, LSHIFT_U64);                                      \
	if (RT_INFO(s, field, SIGNED))                                                \
		value = ((long long)value) >> RT_INFO(s, field, RSHIFT_U64);          \
	else                                                                          \
		value = value >> RT_INFO(s, field, RSHIFT_U64);                       \
	value;

#define BPF_CORE_READ_BITFIELD(s, field)                                              \
	({                                                                            \
		const void *__at = (const void *)(s) + RT_INFO(s, field, BYTE_OFFSET); \
		unsigned long long __v;                                               \
		/* One relocation for the place, not one in each case. */             \
		asm volatile("" : "+r"(__at));                                        \
		switch (RT_INFO(s, field, BYTE_SIZE)) {                               \
		case 1: __v = *(const unsigned char *)__at; break;                    \
		case 2: __v = *(const unsigned short *)__at; break;                   \
		case 4: __v = *(const unsigned int *)__at; break;                     \
		case 8: __v = *(const unsigned long long *)__at; break;               \
		}                                                                     \
		RT_SHIFTED(s, field, __v)                                             \
	})

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RT_LOW_BYTES(value, size) ((void *)&(value))
#else
#define RT_LOW_BYTES(value, size) ((void *)&(value) + (8 - (size)))
#endif
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)                                       \
	({                                                                            \
		unsigned long long __v = 0;                                           \
		bpf_probe_read_kernel(RT_LOW_BYTES(__v, RT_INFO(s, field, BYTE_SIZE)), \
				      RT_INFO(s, field, BYTE_SIZE),                   \
				      (const void *)(s) + RT_INFO(s, field, BYTE_OFFSET)); \
		RT_SHIFTED(s, field, __v)                                             \
	})

#endif
