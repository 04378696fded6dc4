/* Included by gpu_buddy.h before 7.0, which takes what it logs with from here. */
#ifndef _DRM_DRM_PRINT_H
#define _DRM_DRM_PRINT_H

#include <linux/printk.h>

#endif
