/* Counters for metrics, see counters.h. */
#include <buddy/allocator.h>
#include <buddy/counters.h>

void buddy_run_count_failure(struct buddy_allocator *allocator, enum buddy_status status,
			     const struct buddy_request *asked)
{
	struct buddy_failures *failures = &allocator->counters.failures;

	if (status == BUDDY_ABOVE_LIMIT)
		failures->limit++;
	else if (status == BUDDY_ALL_RESERVED)
		failures->reserved++;
	else if (status == BUDDY_NO_MEMORY)
		failures->memory++;
	else if (status == BUDDY_WORK_LIMIT)
		failures->work++;
	else if (status != BUDDY_NO_SPACE)
		return;
	else if (asked->size > allocator->mm.avail)
		failures->full++;
	else if (asked->flags & GPU_BUDDY_RANGE_ALLOCATION)
		failures->range++;
	else
		failures->fragmented++;
}

static bool is_observer(struct buddy_allocator *allocator, const void *observer)
{
	if (!allocator->observer)
		allocator->observer = observer;
	return allocator->observer == observer;
}

bool buddy_observe(struct buddy_allocator *allocator, const void *observer,
		   struct buddy_observation *observation)
{
	struct buddy_room room;
	bool is_told;

	buddy_lock(allocator);
	is_told = is_observer(allocator, observer);
	if (is_told) {
		room = buddy_run_room(allocator);
		*observation = (struct buddy_observation){
			.size = buddy_size(allocator),
			.avail = room.avail,
			.clear_avail =
				buddy_from_kernel(allocator, linux_clear_avail(&allocator->mm)),
			.reserved = allocator->promised,
			.largest_free = room.largest_free,
			.largest_possible = room.largest_possible,
			.counters = allocator->counters,
		};
		observation->counters.reclaimed_bytes =
			buddy_from_kernel(allocator, allocator->counters.reclaimed_bytes);
	}
	buddy_unlock(allocator);
	return is_told;
}

void buddy_end_observation(struct buddy_allocator *allocator, const void *observer)
{
	buddy_lock(allocator);
	if (allocator->observer == observer)
		allocator->observer = NULL;
	buddy_unlock(allocator);
}
