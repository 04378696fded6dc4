/* Hints to the compiler, and the way from a member to the structure that holds it. */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#include <stddef.h>

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define container_of(pointer, type, member)                                                        \
	((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Options are decided by the preprocessor: one that is not defined reads as 0. */
#define IS_ENABLED(option) (option)

#endif
