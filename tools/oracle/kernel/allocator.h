/* SPDX-License-Identifier: MIT */
/*
 * Hides what differs between the kernels that can be asked: it says which operations this one has. The module is compiled against
 * the tree it is built in.
 */
#ifndef GPU_BUDDY_ORACLE_ALLOCATOR_H
#define GPU_BUDDY_ORACLE_ALLOCATOR_H

#include <linux/gpu_buddy.h>
#include <linux/version.h>

/* Gives -EOPNOTSUPP before Linux 7.3, which has no look-up of an address. */
static inline int allocator_lookup(struct gpu_buddy *mm, u64 address,
				   struct gpu_buddy_block **block)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
	*block = gpu_buddy_allocated_addr_to_block(mm, address);
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

/* Gives the free bytes that are clear: a field until Linux 7.3, computed from 7.4 on. */
static inline u64 allocator_clear_avail(const struct gpu_buddy *mm)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
	return gpu_buddy_clear_avail(mm);
#else
	return mm->clear_avail;
#endif
}

#endif
