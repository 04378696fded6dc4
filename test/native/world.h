/*
 * A second set of books for a program of calls: which allocators there are, who holds them, and which blocks are on which
 * list, by what the calls have said. What the library has in memory must always agree with it. No tests here.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "test.h"

#include <buddy/owner.h>

enum { OWNERS = 2, ALLOCATORS = 4, HANDLES = 8, LISTS = 48, TICKETS = 8 };

#define NOBODY (-1)

struct extent {
	uint64_t offset;
	uint64_t size;
};

/* Blocks that belong together, and where they come from. */
struct blocks {
	/* NOBODY: no blocks, bound to nothing. */
	int allocator;
	uint64_t tag;
	uint64_t count;
	struct extent *extents;
};

struct allocator_entry {
	/* NULL: there is none. */
	struct buddy_allocator *allocator;
	uint64_t size;
	uint64_t chunk_size;
	/* Factor from the caller's bytes to the kernel's, which raw entries take. */
	uint64_t scale;
	bool poisoned;
	bool shared;
	struct buddy_token token;
};

struct handle_entry {
	bool open;
	int owner;
	uint32_t slot;
	uint32_t generation;
	int allocator;
	uint64_t growth;
};

struct list_entry {
	bool open;
	int owner;
	uint32_t slot;
	uint32_t generation;
	struct blocks blocks;
};

struct ticket_entry {
	bool valid;
	int giver;
	struct buddy_token ticket;
	struct blocks blocks;
};

struct world {
	struct buddy_owner owners[OWNERS];
	struct allocator_entry allocators[ALLOCATORS];
	struct handle_entry handles[HANDLES];
	struct list_entry lists[LISTS];
	struct ticket_entry tickets[TICKETS];
	/* Where descriptions of blocks are copied to, again and again. */
	struct buddy_columns room;
	struct extent *extents;
};

void world_init(struct world *world);
/* Ends all owners. Nothing is left then, and the kernel code has never warned. */
void world_destroy(struct world *world);

struct buddy_list *world_list(struct world *world, const struct list_entry *entry);

/* Notes what is on a list now, which must be blocks in use with this tag. */
void world_note_blocks(struct world *world, struct list_entry *entry, int allocator, uint64_t tag);
void world_forget_blocks(struct blocks *blocks);
uint64_t world_bytes(const struct blocks *blocks);

/* Somebody has given up something: allocators that nobody holds any more are gone, and what was parked there with them. */
void world_settle(struct world *world);

/* The owner has ended: so has all that was its own. */
void world_end_owner(struct world *world, int owner);

/* The block in use at an address, or NULL. */
const struct extent *world_find(const struct world *world, int allocator, uint64_t address,
				uint64_t *tag);

/* How many blocks there are in all. */
uint64_t world_count(const struct world *world);

/* Both sets of books agree, and no byte is in two lists. */
void world_check(struct world *world);

#endif
