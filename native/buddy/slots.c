/* Numbered objects, see slots.h: chunks of entries, each twice as large as the one before it. */
#include <buddy/slots.h>
#include <stdlib.h>
#include <userspace/system.h>

/* gcc's analyzer loses sight of a pointer that is stored as a number. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

void slots_init(struct slots *slots, size_t object_size)
{
	*slots = (struct slots){ .entry_size = sizeof(struct slots_entry) + object_size,
				 .first_free = SLOT_NONE };
}

static uint32_t first_slot_of(unsigned int chunk)
{
	return chunk ? SLOTS_SMALLEST_CHUNK << (chunk - 1) : 0;
}

void slots_destroy(struct slots *slots)
{
	for (unsigned int i = 0; i < SLOTS_CHUNKS && first_slot_of(i) < slots->capacity; i++)
		free((void *)(slots->chunks[i] + first_slot_of(i) * slots->entry_size));
	*slots = (struct slots){ .entry_size = slots->entry_size, .first_free = SLOT_NONE };
}

static bool grow(struct slots *slots)
{
	uint32_t count = slots->capacity ? slots->capacity : SLOTS_SMALLEST_CHUNK;
	char *chunk;

	if (slots->capacity > INT32_MAX / 2)
		return false;
	chunk = calloc(count, slots->entry_size);
	if (!chunk)
		return false;
	system_want_huge_pages(chunk, count * slots->entry_size);
	slots->chunks[slots_chunk_of(slots->capacity)] =
		(uintptr_t)chunk - slots->capacity * slots->entry_size;
	slots->capacity += count;
	return true;
}

uint32_t slots_open_fresh(struct slots *slots)
{
	uint32_t slot = slots->count;

	if (slot == slots->capacity && !grow(slots))
		return SLOT_NONE;
	slots->count++;
	slots_entry(slots, slot)->next_free = SLOT_OPEN;
	return slot;
}
