/* Numbered objects, see slots.h: chunks of entries behind a table that grows. */
#include <buddy/slots.h>
#include <stdlib.h>

/* gcc's analyzer loses sight of a pointer that is stored in a table at an index it does not know. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

void slots_init(struct slots *slots, size_t object_size)
{
	*slots = (struct slots){ .entry_size = sizeof(struct slots_entry) + object_size,
				 .first_free = SLOT_NONE };
}

void slots_destroy(struct slots *slots)
{
	for (uint32_t i = 0; i < slots->count / SLOTS_PER_CHUNK; i++)
		free(slots->chunks[i]);
	free(slots->chunks);
	*slots = (struct slots){ .entry_size = slots->entry_size, .first_free = SLOT_NONE };
}

/* The lowest of the new slots will be opened first. */
bool slots_grow(struct slots *slots)
{
	uint32_t chunks = slots->count / SLOTS_PER_CHUNK;
	char **table;
	char *chunk;

	/* A slot is a signed 32-bit number to JavaScript. */
	if (slots->count > INT32_MAX - SLOTS_PER_CHUNK)
		return false;

	/* The table doubles whenever the number of chunks has reached a power of two. */
	if (!(chunks & (chunks - 1))) {
		table = realloc(slots->chunks, (chunks ? 2 * chunks : 1) * sizeof(*table));
		if (!table)
			return false;
		slots->chunks = table;
	}

	chunk = calloc(SLOTS_PER_CHUNK, slots->entry_size);
	if (!chunk)
		return false;

	slots->chunks[chunks] = chunk;
	slots->count += SLOTS_PER_CHUNK;
	for (uint32_t i = SLOTS_PER_CHUNK; i-- > 0;) {
		uint32_t slot = chunks * SLOTS_PER_CHUNK + i;

		slots_entry(slots, slot)->next_free = slots->first_free;
		slots->first_free = slot;
	}
	return true;
}
