/*
 * Pools: allocations of one environment that are known by numbers, each in one piece. What JavaScript wants to know of them
 * stands in memory that it has brought, and that only this writes, but for BUDDY_POOL_PENDING.
 */
#ifndef BUDDY_POOL_H
#define BUDDY_POOL_H

#include <buddy/owner.h>
#include <buddy/run.h>

/* Header, before the entries. */
struct buddy_pool_header {
	/* The entries are in other memory now. */
	int32_t moved;
	/* Entries that have ever been used. */
	int32_t count;
	int32_t unused[2];
};

/* An allocation. What does not fit is -1. */
struct buddy_pool_entry {
	/* Above 0 while it is in use; the next one, negative, while it is free. No generation comes twice in an entry. */
	int32_t generation;
	/* Node of the first block; while the entry is free, the next free entry, with 1 added. */
	uint32_t node;
	/* Start and length, in chunks. */
	int32_t chunk, chunks;
};

/* The largest number of entries, and the last generation. A handle of both is a number that JavaScript has exactly. */
#define BUDDY_POOL_INDEX_BITS 26
#define BUDDY_POOL_GENERATION_BITS 27
#define BUDDY_POOL_MOST_ENTRIES ((1U << BUDDY_POOL_INDEX_BITS) - 1)
#define BUDDY_POOL_LAST_GENERATION ((1 << BUDDY_POOL_GENERATION_BITS) - 1)

/* Added to the generation of an entry that JavaScript has asked to be freed. */
#define BUDDY_POOL_PENDING (1 << 30)

struct buddy_pool {
	struct buddy_handle *handle;
	/* The owner of its lists. */
	uint32_t owner;
	struct buddy_pool_header *header;
	struct buddy_pool_entry *entries;
	uint32_t capacity;
	/* Entries that have ever been used, as in the header; those that are in use. */
	uint32_t count, length;
	/* First free entry, with 1 added; 0: none. */
	uint32_t first_free;
	/* First generations are made of it. */
	uint64_t seed;
};

/* An empty pool, with no room yet; SLOT_NONE without memory. */
uint32_t buddy_pool_open(struct buddy_owner *owner, struct buddy_handle *handle);

static inline struct buddy_pool *buddy_pool_at(const struct buddy_owner *owner, uint32_t slot)
{
	return (struct buddy_pool *)slots_at(&owner->pools, slot);
}

/* Moves the entries into new memory: a header, and room for at least as many. */
void buddy_pool_move(struct buddy_pool *pool, void *memory, uint32_t capacity);

static inline bool buddy_pool_has_room(const struct buddy_pool *pool)
{
	return pool->first_free || pool->count < pool->capacity;
}

/* Adds a list of the pool's that has just been allocated, where there is room. Returns the index of its entry. */
uint32_t buddy_pool_add(struct buddy_pool *pool, const struct buddy_list *list);

/* Asks for the block behind an entry, which may be any number, before it is freed. */
void buddy_pool_fetch(const struct buddy_pool *pool, uint32_t index);

/* Frees an allocation, in a run. False where the generation is not that of the entry. */
bool buddy_pool_run_free(struct buddy_allocator *allocator, struct buddy_pool *pool, uint32_t index,
			 int32_t generation, bool cleared);
/* The same for a poisoned allocator, out of a run: nothing is freed. */
void buddy_pool_abandon(struct buddy_pool *pool, uint32_t index, int32_t generation);

/* Finds the list behind an entry; false where the generation is not the entry's. */
bool buddy_pool_find(const struct buddy_owner *owner, uint32_t slot, uint32_t index,
		     int32_t generation, struct buddy_list *list);

/* Moves an allocation, which has been found, out of the pool and into a guard. */
enum buddy_status buddy_pool_take(struct buddy_owner *owner, uint32_t slot, uint32_t index,
				  uint32_t guard);

/* Bytes in all allocations of a pool from entry `first` on. */
uint64_t buddy_pool_bytes(const struct buddy_owner *owner, uint32_t slot, uint32_t first);

/* Frees all allocations from entry `first` on, the last one first. */
enum buddy_status buddy_pool_free_from(struct buddy_owner *owner, uint32_t slot, uint32_t first,
				       enum buddy_closing how);
enum buddy_status buddy_pool_clear(struct buddy_owner *owner, uint32_t slot,
				   enum buddy_closing how);

/* Drops the entries from `count` on, which are free. Nothing may be added any more. */
void buddy_pool_shorten(struct buddy_pool *pool, uint32_t count);

/* Frees all allocations, and the slot. */
enum buddy_status buddy_pool_close(struct buddy_owner *owner, uint32_t slot);

/* Whether there is a pool in the slot that has come through this handle. */
bool buddy_pool_is_of(const struct buddy_owner *owner, uint32_t slot,
		      const struct buddy_handle *handle);

#endif
