/* A kernel that is laid out otherwise than the programs of core-rows.bpf.c expect: compiled with -g, its BTF is
 * what they are relocated against. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { RED = 7, GREEN = 5, BLUE___old = 3, BELOW = -4 };
enum shade { DARK = 1 };

struct inner {
	u64 pad;
	int deep[3][5];
	const char *name;
};

union either {
	u32 word;
	u8 bytes[4];
};

struct tail {
	int count;
	short more[];
};

struct sample {
	u64 moved_1;
	u16 moved_2;
	/* Width and sign change: only what is unsigned or a pointer can still be accessed directly. */
	u16 was_u64;
	u64 was_u32;
	long was_int;
	u8 was_bool;
	void *pointer;
	enum color color;
	struct {
		u32 pad;
		union {
			u32 in_union;
			struct {
				u8 skip;
				u8 in_struct;
			};
		};
	};
	const volatile struct inner inner;
	struct inner many[4];
	union either either;
	char comm[16];
	float real;
	/* A pointer here, a struct there. */
	struct inner *incompatible;
	int few[2];
	struct tail tail;
};

struct bits {
	u32 pad;
	u64 low : 3;
	u64 wide : 40;
	int sign : 5;
	u32 now_bitfield : 7;
	u8 now_whole;
	u8 narrow : 2;
};

/* Two flavours that agree on `same` and have different rest. */
struct twice {
	int same;
	int only_first;
};
struct twice___2 {
	int same;
	long gap;
	int only_second;
};

/* Two that do not agree. */
struct unclear {
	int first;
	int later;
};
struct unclear___2 {
	long first;
	int later;
};

typedef int (*callback_t)(struct sample *, long);
typedef struct inner *inner_ptr_t;
typedef u32 numbers_t[8];
typedef u32 number_t;
struct empty {};

/* Names each type, so that the compiler describes it. */
struct sample sample;
struct bits bits;
struct twice twice;
struct twice___2 twice_2;
struct unclear unclear;
struct unclear___2 unclear_2;
enum shade shade;
callback_t callback;
inner_ptr_t inner_ptr;
numbers_t numbers;
number_t number;
struct empty empty;
