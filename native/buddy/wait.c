/* Waiting for free memory, see wait.h. */
#include <buddy/allocator.h>
#include <buddy/wait.h>

static void disarm(struct buddy_allocator *allocator, struct buddy_waiter *waiter)
{
	buddy_unlink_waiter(waiter);
	if (!allocator->waiters)
		allocator->extras &= ~BUDDY_HAS_WAITERS;
}

static void arm(struct buddy_allocator *allocator, struct buddy_waiter *waiter)
{
	buddy_link_waiter(&allocator->waiters, waiter);
	allocator->extras |= BUDDY_HAS_WAITERS;
}

void buddy_run_wake(struct buddy_allocator *allocator)
{
	struct buddy_waiter *waiter;

	while ((waiter = allocator->waiters)) {
		disarm(allocator, waiter);
		waiter->wake(waiter->context, waiter->number);
	}
}

uint64_t buddy_epoch(struct buddy_allocator *allocator)
{
	u64 epoch;

	buddy_lock(allocator);
	epoch = allocator->epoch;
	buddy_unlock(allocator);
	return epoch;
}

enum buddy_status buddy_wait(struct buddy_allocator *allocator, struct buddy_waiter *waiter,
			     uint64_t *epoch)
{
	bool poisoned;

	buddy_lock(allocator);
	*epoch = allocator->epoch;
	poisoned = allocator->poisoned;
	if (!poisoned && !waiter->link)
		arm(allocator, waiter);
	buddy_unlock(allocator);
	return poisoned ? BUDDY_POISONED : BUDDY_OK;
}

void buddy_end_wait(struct buddy_allocator *allocator, struct buddy_waiter *waiter)
{
	buddy_lock(allocator);
	if (waiter->link)
		disarm(allocator, waiter);
	buddy_unlock(allocator);
}
