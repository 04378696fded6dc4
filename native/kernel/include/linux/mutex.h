/* The kernel's mutex over a POSIX one. */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/lockdep.h>
#include <pthread.h>

struct mutex {
	pthread_mutex_t mutex;
#ifdef CONFIG_LOCKDEP
	struct lockdep_map dep_map;
#endif
};

/* 0 or -ENOMEM: unlike the kernel's, a POSIX mutex may need memory. */
int mutex_init(struct mutex *lock);
void mutex_destroy(struct mutex *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#endif
