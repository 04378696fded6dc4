/* The kernel's mutex over the system's lock, and, with CONFIG_LOCKDEP, the knowledge of who holds it. */
#include <linux/mutex.h>
#include <linux/err.h>

#define MOST_NAPS 16

#ifdef CONFIG_LOCKDEP

/* Its address is unlike that of any other thread. */
static _Thread_local char this_thread;

void lockdep_acquired(struct lockdep_map *map)
{
	atomic_store_explicit(&map->holder, &this_thread, memory_order_relaxed);
}

void lockdep_released(struct lockdep_map *map)
{
	atomic_store_explicit(&map->holder, NULL, memory_order_relaxed);
}

bool lock_is_held_type(const struct lockdep_map *map, int read)
{
	(void)read;
	return atomic_load_explicit(&map->holder, memory_order_relaxed) == &this_thread;
}

#endif

int mutex_init(struct mutex *lock)
{
#ifdef CONFIG_LOCKDEP
	lockdep_released(&lock->dep_map);
#endif
	return system_lock_init(&lock->lock);
}

void mutex_destroy(struct mutex *lock)
{
	system_lock_destroy(&lock->lock);
}

/*
 * Waits by short sleeps first. A thread that is woken when the lock is free nearly always finds it taken again, since calls
 * follow each other faster than threads wake up. A sleeping thread costs the others nothing: no wake-up, and no move of the
 * allocator's memory from core to core at every call. After many vain tries it waits in the kernel's queue.
 */
static void lock_contended(struct system_lock *lock)
{
	for (unsigned int naps = 0; naps < MOST_NAPS; naps++) {
		system_nap();
		if (system_lock_try(lock))
			return;
	}
	system_lock_take(lock);
}

void mutex_lock(struct mutex *lock)
{
	if (!system_lock_try(&lock->lock))
		lock_contended(&lock->lock);
#ifdef CONFIG_LOCKDEP
	lockdep_acquired(&lock->dep_map);
#endif
}

void mutex_unlock(struct mutex *lock)
{
#ifdef CONFIG_LOCKDEP
	lockdep_released(&lock->dep_map);
#endif
	system_lock_release(&lock->lock);
}
