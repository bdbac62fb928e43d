#include "core-kernel.h"

/* Names each type, so that the compiler describes it. */
struct sample sample;
struct bits bits;
struct twice twice;
struct twice___2 twice_2;
enum shade shade;
callback_t callback;
inner_ptr_t inner_ptr;
numbers_t numbers;
number_t number;
struct empty empty;
