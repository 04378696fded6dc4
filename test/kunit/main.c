/* Runs the kernel's own tests of buddy.c: `kunit SEED`. Prints KTAP; fails if a case does. */
#include <stdio.h>
#include <stdlib.h>
#include <userspace/kunit.h>

int main(int count, char **arguments)
{
	unsigned long seed = count > 1 ? strtoul(arguments[1], NULL, 0) : 0;

	if (count != 2 || !seed) {
		fprintf(stderr, "usage: kunit SEED (not 0)\n");
		return 2;
	}
	return kunit_run((u32)seed) ? 1 : 0;
}
