/* Every CO-RE relocation that clang 14 writes, against core-kernel.c: a program for each group of rows. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum color { RED, GREEN, BLUE, BELOW = -2, GONE };
enum shade___mine { DARK };
enum missing_enum { NOTHING };

struct inner {
	int deep[3][5];
	const char *name;
};

union either {
	u8 bytes[4];
	u32 word;
};

struct tail {
	int count;
	short more[];
};

struct sample {
	u16 moved_2;
	u64 moved_1;
	u64 was_u64;
	u32 was_u32;
	int was_int;
	bool was_bool;
	void *pointer;
	enum color color;
	u32 in_union;
	u8 in_struct;
	struct inner inner;
	struct inner many[4];
	union either either;
	char comm[16];
	float real;
	struct inner incompatible;
	int few[9];
	int missing;
	struct tail tail;
};

struct sample___old {
	u64 moved_1;
	int gone;
};

struct bits {
	int sign : 9;
	u32 low : 12;
	int missing : 3;
	u32 wide : 30;
	u32 now_bitfield;
	u8 now_whole : 3;
	u8 narrow : 6;
};

struct twice {
	int only_second;
	int same;
};

struct missing_struct {
	int field;
};

struct empty {};

#pragma clang attribute pop

typedef int (*callback_t)(struct sample *, long);
typedef int (*callback_t___other)(struct sample *);
typedef struct inner *inner_ptr_t;
typedef u32 numbers_t[8];
typedef u64 number_t;
typedef int missing_t;

/* Keeps the value, and costs no instruction. */
#define SINK(value) asm volatile("" : : "r"((u64)(value)))
#define FIELD(pointer, field, info) SINK(__builtin_preserve_field_info((pointer)->field, BPF_FIELD_##info))

/* Addresses for bpf_probe_read_kernel: an addition with an immediate. */
SEC("socket")
int offsets(struct __sk_buff *ctx)
{
	struct sample *s = (void *)ctx;

	SINK(&s->moved_1);
	SINK(&s->moved_2);
	SINK(&s->in_union);
	SINK(&s->in_struct);
	SINK(&s->inner.name);
	SINK(&s->inner.deep[2][3]);
	SINK(&s->many[3].deep[1]);
	SINK(&s[2].moved_1);
	SINK(&s->either.bytes[2]);
	SINK(&s->either.word);
	SINK(&s->comm);
	SINK(&s->comm[5]);
	SINK(&s->real);
	SINK(&s->tail.more);
	SINK(&s->tail.more[6]);
	SINK(&((struct sample___old *)s)->moved_1);
	return 0;
}

/* Direct loads and stores: an offset in the instruction, whose width may have to change. */
SEC("socket")
int accesses(struct __sk_buff *ctx)
{
	struct sample *s = (void *)ctx;

	SINK(s->moved_1);
	SINK(s->moved_2);
	SINK(s->was_u64);
	SINK(s->was_u32);
	SINK(s->was_int);
	SINK(s->was_bool);
	SINK(s->pointer);
	SINK(s->comm[3]);
	SINK(s->color);
	SINK(s->inner.name);
	s->moved_1 = 1;
	s->was_u32 = (u64)ctx;
	s->was_u64 = (u64)ctx;
	s->comm[1] = 'x';
	return 0;
}

SEC("socket")
int fields(struct __sk_buff *ctx)
{
	struct sample *s = (void *)ctx;

	FIELD(s, moved_1, BYTE_OFFSET);
	FIELD(s, was_int, BYTE_SIZE);
	FIELD(s, was_u32, BYTE_SIZE);
	FIELD(s, many, BYTE_SIZE);
	FIELD(s, many[1], BYTE_SIZE);
	FIELD(s, inner.deep[1], BYTE_SIZE);
	FIELD(s, moved_1, EXISTS);
	FIELD(s, missing, EXISTS);
	FIELD(s, incompatible, EXISTS);
	FIELD(s, few[1], EXISTS);
	FIELD(s, few[2], EXISTS);
	FIELD(s, was_int, SIGNED);
	FIELD(s, was_u32, SIGNED);
	FIELD(s, was_int, LSHIFT_U64);
	FIELD(s, was_u32, LSHIFT_U64);
	FIELD(s, was_u64, RSHIFT_U64);
	FIELD((struct sample___old *)s, gone, EXISTS);
	FIELD((struct missing_struct *)s, field, EXISTS);
	return 0;
}

#define BITFIELD(pointer, field) \
	FIELD(pointer, field, BYTE_OFFSET); \
	FIELD(pointer, field, BYTE_SIZE); \
	FIELD(pointer, field, EXISTS); \
	FIELD(pointer, field, SIGNED); \
	FIELD(pointer, field, LSHIFT_U64); \
	FIELD(pointer, field, RSHIFT_U64)

SEC("socket")
int bitfields(struct __sk_buff *ctx)
{
	struct bits *b = (void *)ctx;

	BITFIELD(b, sign);
	BITFIELD(b, low);
	BITFIELD(b, wide);
	BITFIELD(b, now_bitfield);
	BITFIELD(b, now_whole);
	BITFIELD(b, narrow);
	BITFIELD(b, missing);
	SINK(BPF_CORE_READ_BITFIELD_PROBED(b, sign));
	SINK(BPF_CORE_READ_BITFIELD(b, wide));
	return 0;
}

/* Each of them is poisoned. */
SEC("socket")
int missing(struct __sk_buff *ctx)
{
	struct sample *s = (void *)ctx;

	SINK(&s->missing);
	SINK(s->missing);
	SINK(&s->incompatible.name);
	SINK(s->few[5]);
	SINK(&((struct sample___old *)s)->gone);
	SINK(((struct missing_struct *)s)->field);
	SINK(bpf_core_enum_value(enum color, GONE));
	SINK(bpf_core_enum_value(enum missing_enum, NOTHING));
	s->missing = 1;
	return 0;
}

/* Candidates that have no `only_second` are out for all that follows. */
SEC("socket")
int flavors(struct __sk_buff *ctx)
{
	struct twice *t = (void *)ctx;

	SINK(&t->same);
	SINK(&t->only_second);
	SINK(&t->same);
	FIELD(t, only_second, EXISTS);
	return 0;
}

#define TYPE(type) \
	SINK(bpf_core_type_exists(type)); \
	SINK(bpf_core_type_size(type)); \
	SINK(bpf_core_type_id_local(type)); \
	SINK(bpf_core_type_id_kernel(type))

SEC("socket")
int types(struct __sk_buff *ctx)
{
	TYPE(struct sample);
	TYPE(struct sample___old);
	TYPE(struct inner);
	TYPE(struct empty);
	TYPE(struct missing_struct);
	TYPE(union either);
	TYPE(enum color);
	TYPE(enum shade___mine);
	TYPE(enum missing_enum);
	TYPE(callback_t);
	TYPE(callback_t___other);
	TYPE(inner_ptr_t);
	TYPE(numbers_t);
	TYPE(number_t);
	TYPE(missing_t);
	return 0;
}

SEC("socket")
int enums(struct __sk_buff *ctx)
{
	SINK(bpf_core_enum_value_exists(enum color, RED));
	SINK(bpf_core_enum_value_exists(enum color, BLUE));
	SINK(bpf_core_enum_value_exists(enum color, GONE));
	SINK(bpf_core_enum_value_exists(enum missing_enum, NOTHING));
	SINK(bpf_core_enum_value(enum color, RED));
	SINK(bpf_core_enum_value(enum color, GREEN));
	SINK(bpf_core_enum_value(enum color, BLUE));
	SINK(bpf_core_enum_value(enum color, BELOW));
	SINK(bpf_core_enum_value(enum shade___mine, DARK));
	return 0;
}
