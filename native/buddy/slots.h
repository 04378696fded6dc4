/*
 * Objects with numbers for those who must not hold pointers: a slot, and a generation that changes whenever the slot
 * gets a new meaning. A stale or made-up pair of numbers finds nothing. Objects never move. Not thread-safe.
 */
#ifndef BUDDY_SLOTS_H
#define BUDDY_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#define SLOT_NONE 0xffffffffU

struct slots {
	size_t object_size;
	uint32_t count;
	uint32_t first_free;
	char **chunks;
};

void slots_init(struct slots *slots, size_t object_size);

/* The objects must have been closed, or hold nothing. */
void slots_destroy(struct slots *slots);

/* A slot with a zeroed object, or SLOT_NONE without memory. */
uint32_t slots_open(struct slots *slots);
void slots_close(struct slots *slots, uint32_t slot);

uint32_t slots_generation(const struct slots *slots, uint32_t slot);

/* Makes the generation that is in use stale. */
void slots_renew(struct slots *slots, uint32_t slot);

/* The object, or NULL where the slot is not open. */
void *slots_at(const struct slots *slots, uint32_t slot);

/* The object, or NULL where slot and generation do not belong together. */
void *slots_find(const struct slots *slots, uint32_t slot, uint32_t generation);

#endif
