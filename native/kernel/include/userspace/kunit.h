/* Running the suites that have registered themselves (kunit/test.h). */
#ifndef USERSPACE_KUNIT_H
#define USERSPACE_KUNIT_H

#include <linux/types.h>

/* Runs all suites with random numbers from this seed, and prints KTAP on stdout. Returns how many cases failed. */
unsigned int kunit_run(u32 seed);

#endif
