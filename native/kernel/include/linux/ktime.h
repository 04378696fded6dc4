/* A clock that only goes forward, in nanoseconds. */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H

#include <time.h>

typedef long long ktime_t;

static inline ktime_t ktime_get(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static inline ktime_t ktime_sub(ktime_t later, ktime_t earlier)
{
	return later - earlier;
}

static inline long long ktime_to_ms(ktime_t time)
{
	return time / 1000000;
}

#endif
