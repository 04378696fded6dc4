/*
 * Declares what differs between operating systems. Either system/posix.c or system/windows.c is built; nothing else in the C
 * sources asks which system it is on.
 */
#ifndef USERSPACE_SYSTEM_H
#define USERSPACE_SYSTEM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32

/* A slim reader/writer lock: one pointer. */
struct system_lock {
	void *words;
};

#define SYSTEM_LOCK_INIT { NULL }

/* Passes no frame, so longjmp() restores the registers and unwinds nothing. */
#define system_setjmp(place) _setjmp(place, NULL)
#define system_longjmp(place, value) longjmp(place, value)

#else

#include <pthread.h>

struct system_lock {
	pthread_mutex_t mutex;
};

#define SYSTEM_LOCK_INIT { PTHREAD_MUTEX_INITIALIZER }

/* Does not save the signal mask, which would take a system call. */
#define system_setjmp(place) _setjmp(place)
#define system_longjmp(place, value) _longjmp(place, value)

#endif

/* glibc keeps room for a few such variables of libraries that are loaded late, and reaches these without a call. */
#ifdef __GLIBC__
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL _Thread_local
#endif

/* Returns 0 or a negative errno. */
int system_lock_init(struct system_lock *lock);
void system_lock_destroy(struct system_lock *lock);
void system_lock_take(struct system_lock *lock);
bool system_lock_try(struct system_lock *lock);
void system_lock_release(struct system_lock *lock);

/* Lets other threads run for as short a time as the system knows. */
void system_nap(void);

/* Takes memory that is aligned to its size, up to 64 KiB at least. `size` is a power of two from 64 KiB on. */
void *system_map(size_t size);
void system_unmap(void *memory, size_t size);

/*
 * Asks for large pages, for as many as lie wholly in the memory: what is used at random needs fewer entries in the page tables then.
 * Does nothing if the system has no such request.
 */
void system_want_huge_pages(char *memory, size_t size);

/* Fills at most 256 bytes with random numbers that nobody can guess; false where there are none. */
bool system_random(void *bytes, size_t size);

/* Nanoseconds of a clock that only goes forward. */
uint64_t system_now(void);

/* The machine's memory in bytes. */
uint64_t system_memory(void);

#endif
