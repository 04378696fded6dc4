/*
 * The seam to the kernel's allocator, as native/buddy sees it: Linux 7.3. Every folder beside this one has a header of this name for
 * other kernels; the include path chooses one. Names with gpu_buddy are the kernel's own; linux_ and LINUX_ are the seam's, and mean
 * the same for every kernel.
 */
#ifndef LINUX_INTERFACE_H
#define LINUX_INTERFACE_H

#include <linux/gpu_buddy.h>
#include <stdint.h>
#include "../common/counted.h"
#include "../common/trees.h"

/* Without contiguous, a power of two below min_block_size is placed on a multiple of it, and not rounded up. */
#define LINUX_PLACES_SMALL_SIZES 1

/* After a split that gets no memory, the allocator is as it was. */
#define LINUX_SURVIVES_FAILED_SPLITS 1

#endif
