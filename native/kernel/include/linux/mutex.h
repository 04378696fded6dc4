/* The kernel's mutex over the system's lock. */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/lockdep.h>
#include <userspace/system.h>

struct mutex {
	struct system_lock lock;
#ifdef CONFIG_LOCKDEP
	struct lockdep_map dep_map;
#endif
};

/* Returns 0 or -ENOMEM: unlike the kernel's, the system's lock may need memory. */
int mutex_init(struct mutex *lock);
void mutex_destroy(struct mutex *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#endif
