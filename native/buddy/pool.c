/* Allocations by number, see pool.h. */
#include <buddy/lists.h>
#include <buddy/pool.h>

struct clearing {
	struct buddy_pool *pool;
	/* The entries from here on are done. */
	u32 next, first;
	enum buddy_closing how;
	struct buddy_ahead ahead;
};

struct moving {
	struct buddy_list *from, *to;
};

static int32_t first_generation(const struct buddy_pool *pool, u32 index)
{
	u64 mixed = (pool->seed ^ index) * 0x9e3779b97f4a7c15ULL;

	mixed ^= mixed >> 29;
	mixed *= 0xbf58476d1ce4e5b9ULL;
	return 1 + (int32_t)(mixed >> 38 & (BUDDY_POOL_LAST_GENERATION >> 1));
}

uint32_t buddy_pool_open(struct buddy_owner *owner, struct buddy_handle *handle)
{
	struct buddy_token seed;
	u32 id, slot;

	if (buddy_draw_token(&seed))
		return SLOT_NONE;
	id = buddy_open_owner(handle->allocator);
	slot = id ? slots_open(&owner->pools) : SLOT_NONE;
	if (slot != SLOT_NONE) {
		*buddy_pool_at(owner, slot) =
			(struct buddy_pool){ .handle = handle, .owner = id, .seed = seed.words[0] };
		handle->users++;
	} else if (id) {
		buddy_close_owner(handle->allocator, id);
	}
	return slot;
}

void buddy_pool_move(struct buddy_pool *pool, void *memory, uint32_t capacity)
{
	struct buddy_pool_header *old = pool->header;
	struct buddy_pool_entry *entries;

	if (capacity < pool->capacity)
		return;
	pool->header = memory;
	entries = (struct buddy_pool_entry *)(pool->header + 1);
	if (old)
		memcpy(entries, pool->entries, pool->count * sizeof(*entries));
	pool->entries = entries;
	pool->capacity = min(capacity, BUDDY_POOL_MOST_ENTRIES);
	pool->header->moved = 0;
	pool->header->count = (int32_t)pool->count;
	if (old)
		old->moved = 1;
}

static u32 open_entry(struct buddy_pool *pool)
{
	u32 index = pool->first_free - 1;

	if (index < pool->count) {
		pool->first_free = pool->entries[index].node;
		return index;
	}
	index = pool->count++;
	pool->header->count = (int32_t)pool->count;
	pool->entries[index].generation = -first_generation(pool, index);
	return index;
}

/* One that has used its generations up stays closed. */
static void close_entry(struct buddy_pool *pool, u32 index)
{
	struct buddy_pool_entry *entry = &pool->entries[index];
	int32_t used = entry->generation & ~BUDDY_POOL_PENDING;

	pool->length--;
	entry->node = pool->first_free;
	if (used < BUDDY_POOL_LAST_GENERATION) {
		entry->generation = -(used + 1);
		pool->first_free = index + 1;
	} else {
		entry->generation = 0;
	}
}

uint32_t buddy_pool_add(struct buddy_pool *pool, const struct buddy_list *list)
{
	u32 index = open_entry(pool);
	struct buddy_pool_entry *entry = &pool->entries[index];
	unsigned int shift = list->allocator->chunk_shift;
	u64 lowest = ~0ULL, chunks = 0;
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, list) {
		lowest = min(lowest, gpu_buddy_block_offset(block) >> shift);
		chunks += 1ULL << gpu_buddy_block_order(block);
	}
	entry->node = arena_number_of(list->first);
	entry->chunk = buddy_if_it_fits(lowest);
	entry->chunks = buddy_if_it_fits(chunks);
	entry->generation = -entry->generation;
	pool->length++;
	return index;
}

/* Finds the list behind an entry, whatever its generation. */
static bool find_at(struct buddy_allocator *allocator, const struct buddy_pool *pool, u32 index,
		    struct buddy_list *list)
{
	return buddy_run_find_node(allocator, pool->owner, pool->entries[index].node, list);
}

/* Whether an entry is in use, and has this generation. */
static bool is_generation(const struct buddy_pool *pool, u32 index, int32_t generation)
{
	return index < pool->count && (generation & ~BUDDY_POOL_PENDING) > 0 &&
	       (pool->entries[index].generation | BUDDY_POOL_PENDING) ==
		       (generation | BUDDY_POOL_PENDING);
}

void buddy_pool_fetch(const struct buddy_pool *pool, uint32_t index)
{
	if (index < pool->count)
		buddy_fetch_ahead(pool->handle->allocator, pool->entries[index].node);
}

bool buddy_pool_run_free(struct buddy_allocator *allocator, struct buddy_pool *pool, uint32_t index,
			 int32_t generation, bool cleared)
{
	struct buddy_list list;

	if (!is_generation(pool, index, generation) || !find_at(allocator, pool, index, &list))
		return false;
	close_entry(pool, index);
	buddy_run_free(allocator, &list, cleared);
	return true;
}

void buddy_pool_abandon(struct buddy_pool *pool, uint32_t index, int32_t generation)
{
	if (is_generation(pool, index, generation))
		close_entry(pool, index);
}

bool buddy_pool_find(const struct buddy_owner *owner, uint32_t slot, uint32_t index,
		     int32_t generation, struct buddy_list *list)
{
	const struct buddy_pool *pool = buddy_pool_at(owner, slot);
	struct buddy_allocator *allocator;
	bool found;

	if (!pool || !is_generation(pool, index, generation))
		return false;
	allocator = pool->handle->allocator;
	buddy_lock(allocator);
	found = find_at(allocator, pool, index, list);
	buddy_unlock(allocator);
	return found;
}

static enum buddy_status move(struct buddy_allocator *allocator, void *arguments)
{
	const struct moving *moving = arguments;

	(void)allocator;
	buddy_move_list(moving->from, moving->to);
	return BUDDY_OK;
}

enum buddy_status buddy_pool_take(struct buddy_owner *owner, uint32_t slot, uint32_t index,
				  uint32_t guard)
{
	struct buddy_pool *pool = buddy_pool_at(owner, slot);
	struct buddy_handle *handle = pool->handle;
	struct buddy_list from, to = { .owner = handle->owner };
	enum buddy_status status;

	if (!buddy_pool_find(owner, slot, index,
			     pool->entries[index].generation & ~BUDDY_POOL_PENDING, &from))
		return BUDDY_FREED;
	status = buddy_call(handle->allocator, move, &(struct moving){ &from, &to });
	if (status)
		return status;
	close_entry(pool, index);
	buddy_owner_guard(owner, guard, handle, &to);
	return BUDDY_OK;
}

uint64_t buddy_pool_bytes(const struct buddy_owner *owner, uint32_t slot, uint32_t first)
{
	const struct buddy_pool *pool = buddy_pool_at(owner, slot);
	struct buddy_list list;
	uint64_t bytes = 0;

	for (u32 index = first; pool && index < pool->count; index++)
		if (buddy_pool_find(owner, slot, index,
				    pool->entries[index].generation & ~BUDDY_POOL_PENDING, &list))
			bytes += buddy_bytes(&list);
	return bytes;
}

/* The node of the list that is freed some rows from now. */
static u32 node_ahead(const struct clearing *clearing)
{
	u32 next = clearing->next;

	return next > BUDDY_ROWS_AHEAD ? clearing->pool->entries[next - 1 - BUDDY_ROWS_AHEAD].node :
					 BUDDY_NO_NODE;
}

static enum buddy_status clear_some(struct buddy_allocator *allocator, void *arguments)
{
	struct clearing *clearing = arguments;
	struct buddy_pool *pool = clearing->pool;
	struct buddy_list list;

	for (unsigned int i = 0; clearing->next > clearing->first && i < BUDDY_LONGEST_RUN; i++) {
		u32 index;

		buddy_run_fetch_ahead(allocator, pool->owner, &clearing->ahead,
				      node_ahead(clearing));
		index = --clearing->next;
		if (pool->entries[index].generation <= 0 || !find_at(allocator, pool, index, &list))
			continue;
		close_entry(pool, index);
		buddy_run_close(allocator, &list, clearing->how);
	}
	return BUDDY_OK;
}

enum buddy_status buddy_pool_free_from(struct buddy_owner *owner, uint32_t slot, uint32_t first,
				       enum buddy_closing how)
{
	struct buddy_pool *pool = buddy_pool_at(owner, slot);
	struct clearing clearing = {
		.pool = pool,
		.next = pool ? pool->count : 0,
		.first = first,
		.how = how,
	};
	enum buddy_status status = BUDDY_OK;

	while (pool && clearing.next > first) {
		status = buddy_run(pool->handle->allocator, clear_some, &clearing);
		if (!status)
			continue;
		/* A BUG ended it: nothing more can be freed. */
		for (; clearing.next > first; clearing.next--)
			if (pool->entries[clearing.next - 1].generation > 0)
				close_entry(pool, clearing.next - 1);
	}
	return status;
}

enum buddy_status buddy_pool_clear(struct buddy_owner *owner, uint32_t slot, enum buddy_closing how)
{
	return buddy_pool_free_from(owner, slot, 0, how);
}

void buddy_pool_shorten(struct buddy_pool *pool, uint32_t count)
{
	pool->count = min(pool->count, count);
}

enum buddy_status buddy_pool_close(struct buddy_owner *owner, uint32_t slot)
{
	const struct buddy_pool *pool = buddy_pool_at(owner, slot);
	struct buddy_handle *handle;
	enum buddy_status status;

	if (!pool)
		return BUDDY_OK;
	status = buddy_pool_clear(owner, slot, BUDDY_CLOSE_DIRTY);
	handle = pool->handle;
	buddy_close_owner(pool->handle->allocator, pool->owner);
	slots_close(&owner->pools, slot);
	buddy_owner_release(owner, handle, 1);
	return status;
}

bool buddy_pool_is_of(const struct buddy_owner *owner, uint32_t slot,
		      const struct buddy_handle *handle)
{
	const struct buddy_pool *pool = buddy_pool_at(owner, slot);

	return pool && pool->handle == handle;
}
