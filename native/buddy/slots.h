/*
 * Objects with numbers for those who must not hold pointers: a slot, and a generation that changes whenever the slot
 * gets a new meaning. A stale or made-up pair of numbers finds nothing. Objects never move. Not thread-safe.
 */
#ifndef BUDDY_SLOTS_H
#define BUDDY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* gcc's analyzer sees that a slot may be closed, and not which slots are known to be open. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-null-dereference"
#endif

#define SLOT_NONE 0xffffffffU
#define SLOTS_PER_CHUNK 256U

struct slots {
	size_t entry_size;
	uint32_t count;
	uint32_t first_free;
	/* Of SLOTS_PER_CHUNK entries each. */
	char **chunks;
};

struct slots_entry {
	uint32_t generation;
	/* The next free slot; SLOT_OPEN while in use. */
	uint32_t next_free;
	/* Objects hold pointers and 64-bit numbers. */
	uint64_t object[];
};

#define SLOT_OPEN 0xfffffffeU
/* Small enough to be a small integer in JavaScript. */
#define SLOT_GENERATION_MASK 0x3fffffffU

void slots_init(struct slots *slots, size_t object_size);

/* The objects must have been closed, or hold nothing. */
void slots_destroy(struct slots *slots);

/* Adds a chunk of free slots. */
bool slots_grow(struct slots *slots);

/* Only for slots below the count. */
static inline struct slots_entry *slots_entry(const struct slots *slots, uint32_t slot)
{
	char *chunk = slots->chunks[slot / SLOTS_PER_CHUNK];

	return (struct slots_entry *)(chunk + slot % SLOTS_PER_CHUNK * slots->entry_size);
}

/* The object, or NULL where the slot is not open. */
static inline void *slots_at(const struct slots *slots, uint32_t slot)
{
	struct slots_entry *entry;

	if (slot >= slots->count)
		return NULL;
	entry = slots_entry(slots, slot);
	return entry->next_free == SLOT_OPEN ? entry->object : NULL;
}

static inline uint32_t slots_generation(const struct slots *slots, uint32_t slot)
{
	return slots_entry(slots, slot)->generation;
}

/* The object, or NULL where slot and generation do not belong together. */
static inline void *slots_find(const struct slots *slots, uint32_t slot, uint32_t generation)
{
	void *object = slots_at(slots, slot);

	return object && slots_generation(slots, slot) == generation ? object : NULL;
}

/* Makes the generation that is in use stale. */
static inline void slots_renew(struct slots *slots, uint32_t slot)
{
	struct slots_entry *entry = slots_entry(slots, slot);

	entry->generation = (entry->generation + 1) & SLOT_GENERATION_MASK;
}

/* A slot with an object that the caller has to fill in, or SLOT_NONE without memory. */
static inline uint32_t slots_open(struct slots *slots)
{
	struct slots_entry *entry;
	uint32_t slot;

	if (slots->first_free == SLOT_NONE && !slots_grow(slots))
		return SLOT_NONE;

	slot = slots->first_free;
	entry = slots_entry(slots, slot);
	slots->first_free = entry->next_free;
	entry->next_free = SLOT_OPEN;
	return slot;
}

/* Closes a slot that is open. */
static inline void slots_close_open(struct slots *slots, uint32_t slot)
{
	slots_renew(slots, slot);
	slots_entry(slots, slot)->next_free = slots->first_free;
	slots->first_free = slot;
}

/* Closes a slot if it is open. */
static inline void slots_close(struct slots *slots, uint32_t slot)
{
	if (slots_at(slots, slot))
		slots_close_open(slots, slot);
}

#endif
