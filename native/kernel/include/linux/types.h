/* The kernel's names for integer types, and the two structures that its headers share. */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* buddy.c counts chunks in unsigned long: only a 64-bit one holds every size. On Windows, system/lp64.h makes it one. */
_Static_assert(sizeof(long) == 8, "gpu-buddy needs a platform whose long has 64 bits (LP64)");

typedef unsigned char u8;
typedef unsigned int u32;
/* An unsigned long long, whatever long is. */
typedef __typeof__(0ULL) u64;

#define U64_MAX (~0ULL)

typedef unsigned int gfp_t;

struct list_head {
	struct list_head *next, *prev;
};

#endif
