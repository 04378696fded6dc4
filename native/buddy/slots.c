/* Numbered objects, see slots.h: chunks of entries behind a table that grows. */
#include <buddy/slots.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* gcc's analyzer loses sight of a pointer that is stored in a table at an index it does not know. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define ENTRIES_PER_CHUNK 256U

/* Small enough to be a small integer in JavaScript. */
#define GENERATION_MASK 0x3fffffffU

struct entry {
	uint32_t generation;
	/* The next free slot; SLOT_OPEN while in use. */
	uint32_t next_free;
	/* Objects hold pointers and 64-bit numbers. */
	uint64_t object[];
};

#define SLOT_OPEN 0xfffffffeU

static size_t entry_size(const struct slots *slots)
{
	return sizeof(struct entry) + slots->object_size;
}

static struct entry *entry_at(const struct slots *slots, uint32_t slot)
{
	char *chunk = slots->chunks[slot / ENTRIES_PER_CHUNK];

	return (struct entry *)(chunk + slot % ENTRIES_PER_CHUNK * entry_size(slots));
}

static struct entry *open_entry_at(const struct slots *slots, uint32_t slot)
{
	struct entry *entry;

	if (slot >= slots->count)
		return NULL;
	entry = entry_at(slots, slot);
	return entry->next_free == SLOT_OPEN ? entry : NULL;
}

void slots_init(struct slots *slots, size_t object_size)
{
	*slots = (struct slots){ .object_size = object_size, .first_free = SLOT_NONE };
}

void slots_destroy(struct slots *slots)
{
	for (uint32_t i = 0; i < slots->count / ENTRIES_PER_CHUNK; i++)
		free(slots->chunks[i]);
	free(slots->chunks);
	slots_init(slots, slots->object_size);
}

/* Adds a chunk of free slots, the lowest of which will be opened first. */
static bool grow(struct slots *slots)
{
	uint32_t chunks = slots->count / ENTRIES_PER_CHUNK;
	char **table;
	char *chunk;

	/* A slot is a signed 32-bit number to JavaScript. */
	if (slots->count > INT32_MAX - ENTRIES_PER_CHUNK)
		return false;

	/* The table doubles whenever the number of chunks has reached a power of two. */
	if (!(chunks & (chunks - 1))) {
		table = realloc(slots->chunks, (chunks ? 2 * chunks : 1) * sizeof(*table));
		if (!table)
			return false;
		slots->chunks = table;
	}

	chunk = calloc(ENTRIES_PER_CHUNK, entry_size(slots));
	if (!chunk)
		return false;

	slots->chunks[chunks] = chunk;
	slots->count += ENTRIES_PER_CHUNK;
	for (uint32_t i = ENTRIES_PER_CHUNK; i-- > 0;) {
		uint32_t slot = chunks * ENTRIES_PER_CHUNK + i;

		entry_at(slots, slot)->next_free = slots->first_free;
		slots->first_free = slot;
	}
	return true;
}

uint32_t slots_open(struct slots *slots)
{
	struct entry *entry;
	uint32_t slot;

	if (slots->first_free == SLOT_NONE && !grow(slots))
		return SLOT_NONE;

	slot = slots->first_free;
	entry = entry_at(slots, slot);
	slots->first_free = entry->next_free;
	entry->next_free = SLOT_OPEN;
	memset(entry->object, 0, slots->object_size);
	return slot;
}

void slots_close(struct slots *slots, uint32_t slot)
{
	struct entry *entry = open_entry_at(slots, slot);

	if (!entry)
		return;

	slots_renew(slots, slot);
	entry->next_free = slots->first_free;
	slots->first_free = slot;
}

uint32_t slots_generation(const struct slots *slots, uint32_t slot)
{
	return entry_at(slots, slot)->generation;
}

void slots_renew(struct slots *slots, uint32_t slot)
{
	struct entry *entry = entry_at(slots, slot);

	entry->generation = (entry->generation + 1) & GENERATION_MASK;
}

void *slots_at(const struct slots *slots, uint32_t slot)
{
	struct entry *entry = open_entry_at(slots, slot);

	return entry ? entry->object : NULL;
}

void *slots_find(const struct slots *slots, uint32_t slot, uint32_t generation)
{
	struct entry *entry = open_entry_at(slots, slot);

	return entry && entry->generation == generation ? entry->object : NULL;
}
