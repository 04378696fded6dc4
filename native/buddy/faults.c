/* Test builds only, see faults.h. */
#include <buddy/allocator.h>
#include <buddy/faults.h>
#include <linux/bug.h>

#ifdef GPU_BUDDY_FAULT_INJECTION

static enum buddy_status bug(struct buddy_allocator *allocator, void *arguments)
{
	BUG_ON(allocator && !arguments);
	return BUDDY_OK;
}

static enum buddy_status warn(struct buddy_allocator *allocator, void *arguments)
{
	(void)WARN_ON(allocator && !arguments);
	return BUDDY_OK;
}

enum buddy_status buddy_inject_bug(struct buddy_allocator *allocator)
{
	return buddy_call(allocator, bug, NULL);
}

enum buddy_status buddy_inject_warning(struct buddy_allocator *allocator)
{
	return buddy_call(allocator, warn, NULL);
}

void buddy_inject_failure(struct buddy_allocator *allocator, uint64_t nth, bool from_then_on)
{
	mutex_lock(&allocator->lock);
	allocator->arena.fail_nth = nth;
	allocator->arena.fail_on = from_then_on;
	mutex_unlock(&allocator->lock);
}

#endif
