/* Memory that is used at random wants large pages: fewer of them are looked for in the page tables. */
#ifndef USERSPACE_HUGE_PAGES_H
#define USERSPACE_HUGE_PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE (2UL << 20)

/* For the whole large pages in it, wherever it begins. Does nothing where the system has no such wish. */
static inline void want_huge_pages(char *memory, size_t size)
{
#ifdef __linux__
	char *start = memory + (-(uintptr_t)memory & (HUGE_PAGE - 1));

	if (start + HUGE_PAGE <= memory + size)
		madvise(start, (size_t)(memory + size - start) & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);
#else
	(void)memory;
	(void)size;
#endif
}

#endif
