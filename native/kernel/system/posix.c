/* Linux and macOS. */
#include <userspace/system.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

int system_lock_init(struct system_lock *lock)
{
	return -pthread_mutex_init(&lock->mutex, NULL);
}

void system_lock_destroy(struct system_lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

void system_lock_take(struct system_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

bool system_lock_try(struct system_lock *lock)
{
	return !pthread_mutex_trylock(&lock->mutex);
}

void system_lock_release(struct system_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

void system_nap(void)
{
	/* As short as the kernel's timers make it: some 50 us. */
	const struct timespec nap = { .tv_nsec = 1000 };

	nanosleep(&nap, NULL);
}

void *system_map(size_t size)
{
	char *memory, *start;

	/* Large ones come straight from the system, so that they really go back to it: what malloc once had it likes to keep. */
	if (size < HUGE_PAGE)
		return aligned_alloc(size, size);

	memory = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;

	start = memory + (-(uintptr_t)memory & (size - 1));
	if (start > memory)
		munmap(memory, (size_t)(start - memory));
	munmap(start + size, size - (size_t)(start - memory));
	system_want_huge_pages(start, size);
	return start;
}

void system_unmap(void *memory, size_t size)
{
	if (size < HUGE_PAGE)
		free(memory);
	else
		munmap(memory, size);
}

void system_want_huge_pages(char *memory, size_t size)
{
#ifdef MADV_HUGEPAGE
	char *start = memory + (-(uintptr_t)memory & (HUGE_PAGE - 1));

	if (start + HUGE_PAGE <= memory + size)
		madvise(start, (size_t)(memory + size - start) & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);
#else
	(void)memory;
	(void)size;
#endif
}

bool system_random(void *bytes, size_t size)
{
	return !getentropy(bytes, size);
}

uint64_t system_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t system_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}
