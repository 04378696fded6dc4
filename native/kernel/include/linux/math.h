/* Arithmetic macros. Each evaluates its operands once, in their own type. */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/compiler.h>

#define min(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a = (a);                                                         \
		__typeof__(b) min_b = (b);                                                         \
		min_a < min_b ? min_a : min_b;                                                     \
	})

#define max(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a = (a);                                                         \
		__typeof__(b) max_b = (b);                                                         \
		max_a > max_b ? max_a : max_b;                                                     \
	})

/* `unit` is a power of two in the four that follow. */
#define round_down(number, unit)                                                                   \
	({                                                                                         \
		__typeof__(number) down_number = (number);                                         \
		down_number & ~((__typeof__(number))(unit) - 1);                                   \
	})

#define round_up(number, unit)                                                                     \
	({                                                                                         \
		__typeof__(number) up_mask = (__typeof__(number))(unit) - 1;                       \
		((number) + up_mask) & ~up_mask;                                                   \
	})

#define ALIGN(number, unit) round_up(number, unit)

#define IS_ALIGNED(number, unit) (((number) & ((__typeof__(number))(unit) - 1)) == 0)

/* Does [start, start + size) reach beyond limit? Never overflows itself. */
#define range_overflows(start, size, limit)                                                        \
	({                                                                                         \
		__typeof__(start) range_start = (start);                                           \
		__typeof__(limit) range_limit = (limit);                                           \
		range_start > range_limit || (size) > range_limit - range_start;                   \
	})

#endif
