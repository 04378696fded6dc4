/* The seam to Linux 6.12 from 6.12.107 on, whose stable series was given gpu_buddy: see 7.3/interface.h. */
#ifndef LINUX_INTERFACE_H
#define LINUX_INTERFACE_H

#include <linux/gpu_buddy.h>
#include <stdint.h>
#include "../common/uncounted-trees.h"

/* Sizes below min_block_size are rounded up to it, and trimmed. */
#define LINUX_PLACES_SMALL_SIZES 0

/* No lock is checked. */
#define gpu_buddy_driver_set_lock(mm, lock) ((void)(mm), (void)(lock))

#endif
