/* Reads of memory that the verifier does not take as they stand. Macros only: may stand before anything else. */
#ifndef __RINGTAIL_READ_H__
#define __RINGTAIL_READ_H__

/* The value of `place`, by a helper: 0 where it cannot be read. */
#define RT_READ_WITH(read, place)                                                                                      \
	({                                                                                                             \
		__auto_type rt_place = &(place);                                                                       \
		__typeof__(({ *rt_place; })) rt_value;                                                                 \
		read(&rt_value, sizeof(rt_value), (const void *)rt_place);                                             \
		rt_value;                                                                                              \
	})
#define RT_READ(place) RT_READ_WITH(bpf_probe_read_kernel, place)
#define RT_READ_USER(place) RT_READ_WITH(bpf_probe_read_user, place)

/*
 * The value of a bitfield behind a pointer, in the place and width that it has on the running kernel. The numbers are those of
 * BPF_CORE_FIELD_*: 0 offset, 1 size, 3 sign, 4 and 5 the shifts that leave the bits alone. Little endian.
 */
#define RT_READ_BITS_WITH(read, pointer, field)                                                                        \
	({                                                                                                             \
		__auto_type rt_struct = (pointer);                                                                     \
		unsigned long long rt_bits = 0;                                                                        \
		read(&rt_bits, __builtin_preserve_field_info(rt_struct->field, 1),                                     \
		     (const char *)rt_struct + __builtin_preserve_field_info(rt_struct->field, 0));                    \
		rt_bits <<= __builtin_preserve_field_info(rt_struct->field, 4);                                        \
		__builtin_preserve_field_info(rt_struct->field, 3)                                                     \
			? (unsigned long long)((long long)rt_bits >>                                                   \
					       __builtin_preserve_field_info(rt_struct->field, 5))                     \
			: rt_bits >> __builtin_preserve_field_info(rt_struct->field, 5);                               \
	})
#define RT_READ_BITS(pointer, field) RT_READ_BITS_WITH(bpf_probe_read_kernel, pointer, field)
#define RT_READ_BITS_USER(pointer, field) RT_READ_BITS_WITH(bpf_probe_read_user, pointer, field)

#endif
