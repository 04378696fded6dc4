/* The kernel's mutex over a POSIX one, and, with CONFIG_LOCKDEP, the knowledge of who holds it. */
#include <linux/mutex.h>
#include <linux/err.h>

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
	return -pthread_mutex_init(&lock->mutex, NULL);
}

void mutex_destroy(struct mutex *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

void mutex_lock(struct mutex *lock)
{
	pthread_mutex_lock(&lock->mutex);
#ifdef CONFIG_LOCKDEP
	lockdep_acquired(&lock->dep_map);
#endif
}

void mutex_unlock(struct mutex *lock)
{
#ifdef CONFIG_LOCKDEP
	lockdep_released(&lock->dep_map);
#endif
	pthread_mutex_unlock(&lock->mutex);
}
