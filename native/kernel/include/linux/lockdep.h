/* With CONFIG_LOCKDEP a lock knows which thread holds it, and buddy.c checks every call that it is this one. */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#ifdef CONFIG_LOCKDEP

#include <linux/bug.h>
#include <stdatomic.h>

struct lockdep_map {
	/* The address of a variable of the thread that holds the lock; NULL while nobody does. */
	_Atomic(const void *) holder;
};

void lockdep_acquired(struct lockdep_map *map);
void lockdep_released(struct lockdep_map *map);
bool lock_is_held_type(const struct lockdep_map *map, int read);

#define lockdep_assert(condition) ((void)WARN_ON(!(condition)))

#endif
#endif
