/* Bits, logarithms and alignment, all in 64 bits. */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/err.h>
#include <linux/math.h>
#include <linux/types.h>
#include <string.h>

#define BIT(n) ((unsigned long)1 << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))

/*
 * The place of the highest set bit, counted from 1; 0 where none is set. The kernel's own takes 32 bits, although
 * buddy.c passes it an unsigned long (docs/internals/hazards.md, H1): here every bit counts. It has a name of its own, since macOS
 * declares an fls() for 32 bits in <string.h>.
 */
static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}
#define fls fls64

/* The place of the lowest set bit, counted from 0. Undefined for 0. */
static inline unsigned long __ffs64(u64 word)
{
	return (unsigned long)__builtin_ctzll(word);
}

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

/* The whole part of the logarithm to base 2; -1 for 0. */
static inline int ilog2(u64 number)
{
	return fls(number) - 1;
}

static inline bool is_power_of_2(u64 number)
{
	return number && !(number & (number - 1));
}

/* Returns 0 if the next power of two does not fit in 64 bits. */
static inline u64 roundup_pow_of_two(u64 number)
{
	int bits = number ? fls(number - 1) : 0;

	return bits < 64 ? 1ULL << bits : 0;
}

static inline u64 rounddown_pow_of_two(u64 number)
{
	return number ? 1ULL << (fls(number) - 1) : 0;
}

#endif
