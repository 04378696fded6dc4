/*
 * A second set of books for a program of calls: which allocators there are, who holds them, and which blocks are on which
 * list, by what the calls have said. What the library has in memory must always agree with it. No tests here.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "test.h"

#include <buddy/account.h>
#include <buddy/pool.h>

enum {
	OWNERS = 2,
	ALLOCATORS = 4,
	HANDLES = 8,
	LISTS = 48,
	TICKETS = 8,
	POOLS = 4,
	POOL_ROOM = 24,
	GROUPS = 3,
	GROUP_ROWS = 12,
	ACCOUNTS = 6,
};

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
	/* The number of the account that is charged; 0: none. */
	uint32_t account;
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
	/* There is a handle, which may have been disposed of; then it goes with its last user. */
	bool there;
	bool disposed;
	int owner;
	uint32_t slot;
	uint32_t generation;
	int allocator;
	uint64_t growth;
};

/* A guard. */
struct list_entry {
	bool open;
	int owner;
	uint32_t slot;
	uint32_t generation;
	/* The handle that its last list came through; NOBODY where the guard does not know it. */
	int handle;
	struct blocks blocks;
};

struct pool_item {
	/* 0: there was none yet. */
	int32_t generation;
	struct blocks blocks;
};

struct pool_entry {
	bool open;
	int owner;
	uint32_t slot;
	int handle;
	/* The header and the entries. */
	void *memory;
	uint32_t capacity;
	uint32_t count;
	struct pool_item items[POOL_ROOM];
};

struct group_entry {
	bool open;
	int owner;
	uint32_t slot;
	/* NOBODY: the group has no rows. */
	int handle;
	uint32_t count;
	struct blocks rows[GROUP_ROWS];
};

struct ticket_entry {
	bool valid;
	/* NOBODY: it keeps its allocator. */
	int giver;
	struct buddy_token ticket;
	struct blocks blocks;
};

/* An opening of an account. Others may be of the same. */
struct account_entry {
	bool open;
	int owner;
	uint32_t slot;
	int handle;
	uint32_t number;
	struct buddy_quota quota;
};

struct world {
	struct buddy_owner owners[OWNERS];
	struct allocator_entry allocators[ALLOCATORS];
	struct handle_entry handles[HANDLES];
	struct list_entry lists[LISTS];
	struct ticket_entry tickets[TICKETS];
	struct pool_entry pools[POOLS];
	struct group_entry groups[GROUPS];
	struct account_entry accounts[ACCOUNTS];
	/* Room for descriptions of blocks, used again and again. */
	struct buddy_columns room;
	struct extent *extents;
};

void world_init(struct world *world);
/* Ends all owners. Nothing is left then, and the kernel code has never warned. */
void world_destroy(struct world *world);

/* The list behind an item of a pool, which must be there. */
struct buddy_list world_item(struct world *world, const struct pool_entry *pool, uint32_t index);

/* Notes what is on a list now, which must be blocks in use with this tag, charged to this account. */
void world_note_blocks(struct world *world, struct blocks *blocks, const struct buddy_list *list,
		       int allocator, uint64_t tag, uint32_t account);
void world_forget_blocks(struct blocks *blocks);

/* Notes the list that a guard has now, which came through this handle. */
void world_note_guard(struct world *world, struct list_entry *entry, int handle);

/* Moves a pool into memory with more room. */
void world_move_pool(struct world *world, struct pool_entry *pool, uint32_t capacity);
void world_close_pool(struct pool_entry *pool);

/* Forgets the rows of a group; or that there is one. */
void world_empty_group(struct group_entry *group);
void world_close_group(struct group_entry *group);

/* Tells whether lists that are not empty, pools or groups keep a handle. */
bool world_has_users(const struct world *world, int handle);

uint64_t world_bytes(const struct blocks *blocks);

/*
 * Somebody has given up something: handles that were disposed of and have no users any more are gone, then allocators that
 * have no handles, and nothing parked without a giver, and what else was parked there with them.
 */
void world_settle(struct world *world);

/* Forgets the lists that are parked in an allocator without a giver: they are gone. */
void world_end_kept(struct world *world, int allocator);

/* The owner has ended: so has all that was its own. */
void world_end_owner(struct world *world, int owner);

/* The block in use at an address, or NULL. */
const struct extent *world_find(const struct world *world, int allocator, uint64_t address,
				uint64_t *tag);

/* Bytes of an allocator that an account holds. */
uint64_t world_used(const struct world *world, int allocator, uint32_t account);

/* Counts all blocks. */
uint64_t world_count(const struct world *world);

/* Both sets of books agree, and no byte is in two lists. */
void world_check(struct world *world);

#endif
