/* The seam to Linux 7.0 to 7.2: see 7.3/interface.h. */
#ifndef LINUX_INTERFACE_H
#define LINUX_INTERFACE_H

#include <linux/gpu_buddy.h>
#include <stdint.h>
#include "../common/uncounted-trees.h"

#define LINUX_PLACES_SMALL_SIZES 1

#endif
