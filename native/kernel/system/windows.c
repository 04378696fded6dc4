/* Windows. Here a long is the system's own, of 32 bits: windows.h comes after lp64.h and means that one. */
#undef long
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <ntsecapi.h>
#include <userspace/system.h>

_Static_assert(sizeof(struct system_lock) == sizeof(SRWLOCK), "system.h declares an SRWLOCK");

static SRWLOCK *srwlock_of(struct system_lock *lock)
{
	return (SRWLOCK *)lock;
}

int system_lock_init(struct system_lock *lock)
{
	InitializeSRWLock(srwlock_of(lock));
	return 0;
}

void system_lock_destroy(struct system_lock *lock)
{
	(void)lock;
}

void system_lock_take(struct system_lock *lock)
{
	AcquireSRWLockExclusive(srwlock_of(lock));
}

bool system_lock_try(struct system_lock *lock)
{
	return TryAcquireSRWLockExclusive(srwlock_of(lock));
}

void system_lock_release(struct system_lock *lock)
{
	ReleaseSRWLockExclusive(srwlock_of(lock));
}

/* Sleep() takes a tick of the clock, up to 16 ms. */
void system_nap(void)
{
	SwitchToThread();
}

/* Windows aligns what it gives out to 64 KiB. */
void *system_map(size_t size)
{
	return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void system_unmap(void *memory, size_t size)
{
	(void)size;
	VirtualFree(memory, 0, MEM_RELEASE);
}

/* Large pages need a privilege here. */
void system_want_huge_pages(char *memory, size_t size)
{
	(void)memory;
	(void)size;
}

bool system_random(void *bytes, size_t size)
{
	return RtlGenRandom(bytes, (ULONG)size);
}

uint64_t system_now(void)
{
	LARGE_INTEGER ticks, per_second;
	uint64_t seconds;

	QueryPerformanceCounter(&ticks);
	QueryPerformanceFrequency(&per_second);
	seconds = (uint64_t)(ticks.QuadPart / per_second.QuadPart);
	return seconds * 1000000000 + (uint64_t)(ticks.QuadPart % per_second.QuadPart) *
					      1000000000 / (uint64_t)per_second.QuadPart;
}

uint64_t system_memory(void)
{
	MEMORYSTATUSEX status = { .dwLength = sizeof(status) };

	return GlobalMemoryStatusEx(&status) ? status.ullTotalPhys : 0;
}
