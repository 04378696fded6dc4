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

/* Number of no slot. */
#define SLOT_NONE 0x7fffffffU
/* The first two chunks have so many slots each, every other as many as all before it: a slot is a signed 32-bit number to JavaScript. */
#define SLOTS_SMALLEST_CHUNK 256U
#define SLOTS_CHUNKS 23

struct slots {
	size_t entry_size;
	/* Slots that there is room for; those that have ever been open. */
	uint32_t capacity, count;
	/* Begins the chain of slots that were opened and closed again. */
	uint32_t first_free;
	/* Addresses of the chunks, each as if it began with slot 0. */
	uintptr_t chunks[SLOTS_CHUNKS];
};

struct slots_entry {
	uint32_t generation;
	/* The next free slot; while in use, SLOT_OPEN and 31 bits for the object. */
	uint32_t next_free;
	/* Objects hold pointers and 64-bit numbers. */
	uint64_t object[];
};

#define SLOT_OPEN 0x80000000U
/* Small enough to be a small integer in JavaScript. */
#define SLOT_GENERATION_MASK 0x3fffffffU

void slots_init(struct slots *slots, size_t object_size);

/* The objects must have been closed, or hold nothing. */
void slots_destroy(struct slots *slots);

/* A slot that was never open, or SLOT_NONE. */
uint32_t slots_open_fresh(struct slots *slots);

/* Chunks double: the highest bit of the slot's number tells which one it is in. */
static inline unsigned int slots_chunk_of(uint32_t slot)
{
	return slot < SLOTS_SMALLEST_CHUNK ? 0 :
					     (unsigned int)(__builtin_clz(SLOTS_SMALLEST_CHUNK) -
							    __builtin_clz(slot) + 1);
}

/* Valid for slots below the count only. */
static inline struct slots_entry *slots_entry(const struct slots *slots, uint32_t slot)
{
	return (struct slots_entry *)(slots->chunks[slots_chunk_of(slot)] +
				      slot * slots->entry_size);
}

/* The object, or NULL where the slot is not open. */
static inline void *slots_at(const struct slots *slots, uint32_t slot)
{
	struct slots_entry *entry;

	if (slot >= slots->count)
		return NULL;
	entry = slots_entry(slots, slot);
	return entry->next_free & SLOT_OPEN ? entry->object : NULL;
}

/*
 * Asks for the memory of an object, before it is needed. gcc takes calls for useless that do nothing but prefetch, unless
 * there is something volatile in them.
 */
static inline void slots_fetch(const struct slots *slots, uint32_t slot)
{
	__asm__ volatile("");
	if (slot < slots->count)
		__builtin_prefetch(slots_entry(slots, slot), 1);
}

static inline uint32_t slots_generation(const struct slots *slots, uint32_t slot)
{
	return slots_entry(slots, slot)->generation;
}

/* The generation of an object's slot. */
static inline uint32_t slots_generation_of(const void *object)
{
	return ((const struct slots_entry *)((const char *)object -
					     offsetof(struct slots_entry, object)))
		->generation;
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
	uint32_t slot = slots->first_free;

	if (slot == SLOT_NONE)
		return slots_open_fresh(slots);

	entry = slots_entry(slots, slot);
	slots->first_free = entry->next_free;
	entry->next_free = SLOT_OPEN;
	return slot;
}

/* Closes a slot that is open. One that has used its generations up stays closed. */
static inline void slots_close_open(struct slots *slots, uint32_t slot)
{
	slots_renew(slots, slot);
	slots_entry(slots, slot)->next_free = SLOT_NONE;
	if (!slots_generation(slots, slot))
		return;
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
