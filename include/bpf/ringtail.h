/* What the macros of the headers beside this one are made of; programs do not use it. */
#ifndef __RINGTAIL_H__
#define __RINGTAIL_H__

#define RT_PASTE(a, b) a##b
#define RT_GLUE(a, b) RT_PASTE(a, b)

/* The number of arguments, 0 to 12. */
#define RT_COUNT(args...) RT_13TH(_, ##args, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define RT_13TH(_, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n

/* The same number of `, f(0), f(1), f(2)` as there are arguments. */
#define RT_INDEXED(f, args...) RT_GLUE(RT_INDEXED, RT_COUNT(args))(f)
#define RT_INDEXED0(f)
#define RT_INDEXED1(f) , f(0)
#define RT_INDEXED2(f) RT_INDEXED1(f), f(1)
#define RT_INDEXED3(f) RT_INDEXED2(f), f(2)
#define RT_INDEXED4(f) RT_INDEXED3(f), f(3)
#define RT_INDEXED5(f) RT_INDEXED4(f), f(4)
#define RT_INDEXED6(f) RT_INDEXED5(f), f(5)
#define RT_INDEXED7(f) RT_INDEXED6(f), f(6)
#define RT_INDEXED8(f) RT_INDEXED7(f), f(7)
#define RT_INDEXED9(f) RT_INDEXED8(f), f(8)
#define RT_INDEXED10(f) RT_INDEXED9(f), f(9)
#define RT_INDEXED11(f) RT_INDEXED10(f), f(10)
#define RT_INDEXED12(f) RT_INDEXED11(f), f(11)

/* Puts every argument into an array of 8-byte numbers. */
#define RT_STORE(array, args...) RT_GLUE(RT_STORE, RT_COUNT(args))(array, 0, ##args)
#define RT_STORE0(array, i)
#define RT_STORE1(array, i, x) array[i] = x;
#define RT_STORE2(array, i, x, args...) array[i] = x; RT_STORE1(array, i + 1, args)
#define RT_STORE3(array, i, x, args...) array[i] = x; RT_STORE2(array, i + 1, args)
#define RT_STORE4(array, i, x, args...) array[i] = x; RT_STORE3(array, i + 1, args)
#define RT_STORE5(array, i, x, args...) array[i] = x; RT_STORE4(array, i + 1, args)
#define RT_STORE6(array, i, x, args...) array[i] = x; RT_STORE5(array, i + 1, args)
#define RT_STORE7(array, i, x, args...) array[i] = x; RT_STORE6(array, i + 1, args)
#define RT_STORE8(array, i, x, args...) array[i] = x; RT_STORE7(array, i + 1, args)
#define RT_STORE9(array, i, x, args...) array[i] = x; RT_STORE8(array, i + 1, args)
#define RT_STORE10(array, i, x, args...) array[i] = x; RT_STORE9(array, i + 1, args)
#define RT_STORE11(array, i, x, args...) array[i] = x; RT_STORE10(array, i + 1, args)
#define RT_STORE12(array, i, x, args...) array[i] = x; RT_STORE11(array, i + 1, args)

/* Pointers become numbers without a warning between these two. */
#define RT_QUIET _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wint-conversion\"")
#define RT_LOUD _Pragma("clang diagnostic pop")

/*
 * Begins a program whose arguments have names and types: the kernel calls `name` with a context, which calls the body
 * with `value(0)`, `value(1)` … of it.
 */
#define RT_PROGRAM(name, context, value, args...)                                     \
	name(context *ctx);                                                           \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(context *ctx, ##args);                                             \
	typeof(name(0)) name(context *ctx)                                            \
	{                                                                             \
		RT_QUIET                                                              \
		return ____##name(ctx RT_INDEXED(value, ##args));                     \
		RT_LOUD                                                               \
	}                                                                             \
	static inline __attribute__((always_inline)) typeof(name(0))                  \
	____##name(context *ctx, ##args)

#endif
