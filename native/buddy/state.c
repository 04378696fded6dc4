/* Allocates blocks as they are described, and saves and restores allocators: see state.h. */
#include <buddy/note.h>
#include <buddy/range.h>
#include <buddy/state.h>

struct claim {
	struct buddy_list *list;
	const struct buddy_places *places;
	u64 tag;
	u32 account;
	enum buddy_clearness clearness;
	uint64_t *failed;
};

struct saving {
	struct buddy_state *state;
	bool *is_written;
};

struct restoring {
	u32 owner;
	const struct buddy_state *state;
	u32 *nodes;
	uint64_t *failed;
	/* The next block. */
	u64 row;
};

/* The first chunk of a place, if it is one of this space. */
static enum buddy_status check_place(const struct buddy_allocator *allocator, double chunk,
				     unsigned int order, u64 *first)
{
	u64 chunks = allocator->mm.size >> allocator->chunk_shift;

	if (!(chunk >= 0 && chunk < (double)chunks) || order > allocator->mm.max_order)
		return BUDDY_BLOCK_OUTSIDE_SPACE;
	*first = (u64)chunk;
	if ((double)*first != chunk || !IS_ALIGNED(*first, BIT_ULL(order)))
		return BUDDY_BLOCK_UNALIGNED;
	return BIT_ULL(order) > chunks - *first ? BUDDY_BLOCK_OUTSIDE_SPACE : BUDDY_OK;
}

/* Tells whether one free block contains an aligned place of this order. */
static bool is_free_at(const struct buddy_allocator *allocator, u64 start, unsigned int order)
{
	struct gpu_buddy_block *block = buddy_leaf_at(&allocator->mm, start);

	return block && gpu_buddy_block_is_free(block) && gpu_buddy_block_order(block) >= order;
}

/* Takes a range that is as long as a block of this order, and aligned to it: the kernel finds that one block there. */
static enum buddy_status take_place(struct buddy_allocator *allocator, struct list_head *blocks,
				    double chunk, unsigned int order)
{
	enum buddy_status status;
	u64 first, start;

	status = check_place(allocator, chunk, order, &first);
	if (status)
		return status;
	start = first << allocator->chunk_shift;
	if (!is_free_at(allocator, start, order))
		return BUDDY_BLOCK_NOT_FREE;
	return buddy_status_of(allocator, buddy_alloc_at(allocator, blocks, start,
							 allocator->mm.chunk_size << order));
}

/* Takes the places from row `row` to `end`, up to the first that can't be had: then those before it are given back. */
static enum buddy_status take_places(struct buddy_allocator *allocator, struct list_head *blocks,
				     const struct buddy_places *places, u64 *row, u64 end)
{
	enum buddy_status status = BUDDY_OK;

	for (; *row < end; ++*row) {
		status = take_place(allocator, blocks, places->chunks[*row], places->orders[*row]);
		if (status)
			break;
	}
	if (status)
		buddy_give_back(allocator, blocks);
	return status;
}

static enum buddy_status claim(struct buddy_allocator *allocator, const struct claim *claim)
{
	const uint8_t *clear = claim->places->clear;
	struct gpu_buddy_block *block;
	u64 avail = allocator->mm.avail;
	enum buddy_status status;
	LIST_HEAD(blocks);
	u64 row = 0;

	status = take_places(allocator, &blocks, claim->places, &row, claim->places->count);
	*claim->failed = row;
	if (!status)
		status = buddy_bind(allocator, claim->list, &blocks,
				    buddy_label(claim->tag, claim->account), avail);
	if (status || (claim->clearness == BUDDY_AS_FOUND && !clear))
		return buddy_run_note_shortage(allocator, status);
	row = 0;
	buddy_for_each_block(block, claim->list)
		linux_set_clear(block, clear ? clear[row++] : claim->clearness == BUDDY_CLEAR);
	return BUDDY_OK;
}

static enum buddy_status claim_in_run(struct buddy_allocator *allocator, void *arguments)
{
	const struct claim *claimed = arguments;
	enum buddy_status status = claim(allocator, claimed);

	if (buddy_is_journaled(allocator))
		buddy_note_claim(allocator, claimed->list, claimed->places,
				 buddy_label(claimed->tag, claimed->account),
				 claimed->places->clear || claimed->clearness != BUDDY_AS_FOUND,
				 status);
	return status;
}

enum buddy_status buddy_claim(struct buddy_allocator *allocator, struct buddy_list *list,
			      const struct buddy_places *places, uint64_t tag, uint32_t account,
			      enum buddy_clearness clearness, uint64_t *failed)
{
	if (list->allocator)
		return BUDDY_LIST_IN_USE;
	*failed = 0;
	if (!places->count)
		return BUDDY_NO_BLOCKS;
	return buddy_call(allocator, claim_in_run,
			  &(struct claim){ list, places, tag, account, clearness, failed });
}

/* Lists have blocks: there are no more of them than used blocks. */
static bool has_room(const struct gpu_buddy *mm, struct buddy_state *state)
{
	u64 free, used;
	bool has_room;

	buddy_count_blocks(mm, &free, &used);
	has_room = used <= state->list_count && used <= state->block_count &&
		   free <= state->free_count;
	state->list_count = has_room ? 0 : used;
	state->block_count = has_room ? 0 : used;
	state->free_count = has_room ? 0 : free;
	return has_room;
}

static double chunk_of(const struct buddy_allocator *allocator, struct gpu_buddy_block *block)
{
	return (double)(gpu_buddy_block_offset(block) >> allocator->chunk_shift);
}

static void save_list(struct buddy_allocator *allocator, struct buddy_state *state,
		      struct gpu_buddy_block *first)
{
	struct buddy_list list = { allocator, first, 0 };
	u64 begin = state->block_count;
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, &list) {
		u64 row = state->block_count++;

		state->chunks[row] = chunk_of(allocator, block);
		state->orders[row] = (u8)gpu_buddy_block_order(block);
		state->clear[row] = gpu_buddy_block_is_clear(block);
	}
	state->tags[state->list_count] = (double)buddy_tag_of(first);
	state->counts[state->list_count++] = (double)(state->block_count - begin);
}

static void save_free(struct buddy_allocator *allocator, struct buddy_state *state,
		      struct gpu_buddy_block *block)
{
	state->free_chunks[state->free_count] = chunk_of(allocator, block);
	state->free_orders[state->free_count++] = (u8)gpu_buddy_block_order(block);
}

static enum buddy_status save(struct buddy_allocator *allocator, void *arguments)
{
	const struct saving *saving = arguments;
	struct gpu_buddy_block *block;
	struct buddy_leaves leaves;

	*saving->is_written = has_room(&allocator->mm, saving->state);
	if (!*saving->is_written)
		return BUDDY_OK;

	buddy_begin_leaves(&leaves);
	while ((block = buddy_next_leaf(&allocator->mm, &leaves))) {
		if (buddy_is_allocated(block) && *buddy_mark_of(block) & BUDDY_OWNER_MASK)
			save_list(allocator, saving->state, block);
		else if (!buddy_is_allocated(block) && gpu_buddy_block_is_clear(block))
			save_free(allocator, saving->state, block);
	}
	return BUDDY_OK;
}

enum buddy_status buddy_save(struct buddy_allocator *allocator, struct buddy_state *state,
			     bool *is_written)
{
	*is_written = false;
	return buddy_call(allocator, save, &(struct saving){ state, is_written });
}

/* Reads a number of a column; above the limit if it is no valid number. */
static u64 to_count(double number, u64 limit)
{
	return number >= 1 && number <= (double)limit ? (u64)number : limit + 1;
}

static enum buddy_status restore_list(struct buddy_allocator *allocator,
				      struct restoring *restoring, u64 index)
{
	const struct buddy_state *state = restoring->state;
	const struct buddy_places places = { state->block_count, state->chunks, state->orders,
					     NULL };
	struct buddy_list list = { .owner = restoring->owner };
	u64 first = restoring->row, left = state->block_count - first;
	u64 count = to_count(state->counts[index], left);
	u64 avail = allocator->mm.avail;
	double tag = state->tags[index];
	struct gpu_buddy_block *block;
	enum buddy_status status;
	LIST_HEAD(blocks);

	if (count > left || !(tag >= 0 && tag < 0x1p53))
		return BUDDY_STATE_UNFIT;
	status = take_places(allocator, &blocks, &places, &restoring->row, first + count);
	if (!status)
		status = buddy_bind(allocator, &list, &blocks, buddy_label((u64)tag, 0), avail);
	if (status)
		return status;
	buddy_for_each_block(block, &list)
		linux_set_clear(block, state->clear[first++]);
	restoring->nodes[index] = arena_number_of(list.first) + 1;
	return BUDDY_OK;
}

/* Makes free memory clear, by allocating it and freeing it as cleared. The rest is dirty. */
static enum buddy_status restore_free(struct buddy_allocator *allocator,
				      const struct buddy_state *state, u64 *row)
{
	const struct buddy_places places = { state->free_count, state->free_chunks,
					     state->free_orders, NULL };
	enum buddy_status status;
	LIST_HEAD(blocks);

	status = take_places(allocator, &blocks, &places, row, state->free_count);
	if (!status)
		gpu_buddy_free_list(&allocator->mm, &blocks, GPU_BUDDY_CLEARED);
	return status;
}

/*
 * Whatever an allocator has gone through, halves that are both free are of different states: the kernel merges them otherwise. So
 * its blocks are those that are left where each allocated one, and each clear one, is cut out of whole dirty roots.
 */
static enum buddy_status restore(struct buddy_allocator *allocator, void *arguments)
{
	struct restoring *restoring = arguments;
	const struct buddy_state *state = restoring->state;
	enum buddy_status status = BUDDY_OK;
	u64 row = 0;

	if (buddy_is_journaled(allocator))
		buddy_note_lost(allocator);
	for (u64 index = 0; index < state->list_count && !status; index++)
		status = restore_list(allocator, restoring, index);
	*restoring->failed = restoring->row;
	if (status)
		return status;
	if (restoring->row < state->block_count)
		return BUDDY_STATE_UNFIT;
	status = restore_free(allocator, state, &row);
	*restoring->failed += row;
	return status;
}

enum buddy_status buddy_restore(struct buddy_allocator *allocator, uint32_t owner,
				const struct buddy_state *state, uint32_t *nodes, uint64_t *failed)
{
	*failed = 0;
	return buddy_call(allocator, restore,
			  &(struct restoring){ owner, state, nodes, failed, 0 });
}

enum buddy_status buddy_owner_restore(struct buddy_owner *owner, struct buddy_handle *handle,
				      struct buddy_group *group, const struct buddy_state *state,
				      uint64_t *failed)
{
	enum buddy_status status;

	*failed = 0;
	if (group->nodes)
		return BUDDY_LIST_IN_USE;
	if (!buddy_owner_size_group(group, state->list_count))
		return BUDDY_NO_MEMORY;
	group->handle = handle;
	handle->users++;
	status = buddy_restore(handle->allocator, handle->owner, state, group->nodes, failed);
	if (status) {
		buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY);
		buddy_owner_empty_group(owner, group);
	}
	return status;
}
