/* Trims a list of blocks, frees it whole or block by block, and describes it. */
#include <buddy/note.h>

struct trimming {
	struct buddy_list *list;
	const uint64_t *start;
	u64 new_size;
};

struct freeing {
	struct buddy_list *list;
	u64 index;
	bool cleared;
};

struct appending {
	struct buddy_list *list, *from;
	u64 tag;
};

struct reading {
	const struct buddy_list *list;
	const struct buddy_columns *columns;
};

struct sum {
	const struct buddy_list *list;
	u64 bytes;
};

static enum buddy_status trim(struct buddy_allocator *allocator, const struct trimming *trimming)
{
	struct buddy_list *list = trimming->list;
	struct gpu_buddy_block *old = list->first, *block;
	void *label = old ? old->private : NULL;
	u64 avail = allocator->mm.avail;
	u64 start = trimming->start ? *trimming->start : 0;
	struct list_head blocks;
	int error;

	buddy_open_ring(list, &blocks);
	/* A BUG leaves an empty list, which nobody finds: its blocks hang on a head that is gone then. */
	list->first = NULL;
	buddy_hide_mark(old);
	error = gpu_buddy_block_trim(&allocator->mm, trimming->start ? &start : NULL,
				     trimming->new_size, &blocks);
	buddy_close_ring(list, &blocks);
	buddy_run_settle(allocator, buddy_account_in(label), avail);
	if (allocator->mm.avail > avail)
		buddy_run_note_free(allocator);
	if (error) {
		buddy_put_mark(list);
		return buddy_status_of(allocator, error);
	}

	/* The blocks that are left may be new ones. */
	buddy_for_each_block(block, list)
		block->private = label;
	buddy_renew_mark(list, old);
	return BUDDY_OK;
}

static enum buddy_status check_trim(struct buddy_allocator *allocator,
				    const struct trimming *trimming)
{
	u64 chunk_size = buddy_chunk_size(allocator), new_size = trimming->new_size;
	struct buddy_block_info block;
	u64 block_end;

	if (buddy_count(trimming->list) != 1)
		return BUDDY_TRIM_NOT_SINGULAR;
	if (!new_size)
		return BUDDY_NEW_SIZE_ZERO;
	if (!IS_ALIGNED(new_size, chunk_size))
		return BUDDY_NEW_SIZE_UNALIGNED;

	block = buddy_first(trimming->list);
	block_end = block.offset + (chunk_size << block.order);
	if (new_size > block_end - block.offset)
		return BUDDY_NEW_SIZE_ABOVE_BLOCK;
	if (!trimming->start)
		return BUDDY_OK;
	if (!IS_ALIGNED(*trimming->start, chunk_size))
		return BUDDY_START_UNALIGNED;
	if (*trimming->start < block.offset ||
	    range_overflows(*trimming->start, new_size, block_end))
		return BUDDY_START_OUTSIDE_BLOCK;
	return BUDDY_OK;
}

static enum buddy_status trim_raw(struct buddy_allocator *allocator, void *arguments)
{
	if (buddy_is_journaled(allocator))
		buddy_note_lost(allocator);
	return trim(allocator, arguments);
}

static enum buddy_status check_and_trim(struct buddy_allocator *allocator,
					const struct trimming *trimming)
{
	struct trimming asked = *trimming;
	enum buddy_status status = check_trim(allocator, trimming);
	uint64_t start;

	if (status)
		return status;
	asked.new_size = buddy_to_kernel(allocator, trimming->new_size);
	if (trimming->start) {
		start = buddy_to_kernel(allocator, *trimming->start);
		asked.start = &start;
	}
	return trim(allocator, &asked);
}

static enum buddy_status trim_checked(struct buddy_allocator *allocator, void *arguments)
{
	const struct trimming *trimming = arguments;
	u64 name = buddy_entry_of(allocator, trimming->list->first);
	enum buddy_status status = check_and_trim(allocator, trimming);

	if (buddy_is_journaled(allocator) && name != BUDDY_NO_LIST)
		buddy_note(allocator,
			   &(struct buddy_note){
				   .kind = BUDDY_ENTRY_TRIM,
				   .status = status,
				   .bits = trimming->start ? BUDDY_ENTRY_FLAG : 0,
				   .count = 3,
				   .arguments = { name, trimming->new_size,
						  trimming->start ? *trimming->start : 0 },
				   .list = trimming->list,
			   });
	return status;
}

static enum buddy_status call_on(const struct buddy_list *list, buddy_body body, void *arguments)
{
	return list->allocator ? buddy_call(list->allocator, body, arguments) : BUDDY_FREED;
}

enum buddy_status buddy_trim_raw(struct buddy_list *list, const uint64_t *start, uint64_t new_size)
{
	return call_on(list, trim_raw, &(struct trimming){ list, start, new_size });
}

enum buddy_status buddy_trim(struct buddy_list *list, const uint64_t *start, uint64_t new_size)
{
	return call_on(list, trim_checked, &(struct trimming){ list, start, new_size });
}

/* Frees a list that may be empty, and tells accounts, waiters and the journal. */
__attribute__((noinline, cold)) static void free_and_note(struct buddy_allocator *allocator,
							  struct buddy_list *list, bool cleared)
{
	u32 account = buddy_account_of(list->first);
	u64 avail = allocator->mm.avail, name = buddy_entry_of(allocator, list->first);
	struct list_head blocks;

	kernel_begin(&allocator->context, 0);
	if (list->first)
		buddy_run_note_free(allocator);
	buddy_end_list(list, &blocks);
	gpu_buddy_free_list(&allocator->mm, &blocks, cleared ? GPU_BUDDY_CLEARED : 0);
	if (account)
		buddy_run_settle(allocator, account, avail);
	if (buddy_is_journaled(allocator))
		buddy_note_list(allocator, BUDDY_ENTRY_FREE, name, cleared);
}

void buddy_run_free(struct buddy_allocator *allocator, struct buddy_list *list, bool cleared)
{
	struct list_head blocks;

	if (unlikely(allocator->extras || !list->first)) {
		free_and_note(allocator, list, cleared);
		return;
	}
	kernel_begin(&allocator->context, 0);
	allocator->epoch++;
	buddy_end_list(list, &blocks);
	gpu_buddy_free_list(&allocator->mm, &blocks, cleared ? GPU_BUDDY_CLEARED : 0);
}

void buddy_run_free_named(struct buddy_allocator *allocator, u32 owner, struct buddy_name name,
			  bool cleared, uint64_t *freed)
{
	struct buddy_list list;

	if (!buddy_run_find(allocator, owner, name, &list))
		return;
	++*freed;
	buddy_run_free(allocator, &list, cleared);
}

bool buddy_run_find_node(struct buddy_allocator *allocator, u32 owner, u32 node,
			 struct buddy_list *list)
{
	struct gpu_buddy_block *first = buddy_first_of(allocator, owner, node);

	*list = (struct buddy_list){ allocator, first, owner };
	return first;
}

/* Takes a block off its list; NULL where there is none at this place. */
static struct gpu_buddy_block *take(struct buddy_list *list, u64 index)
{
	struct gpu_buddy_block *old = list->first, *block;
	struct list_head blocks;

	buddy_for_each_block(block, list)
		if (!index--)
			break;
	if (!block)
		return NULL;

	buddy_open_ring(list, &blocks);
	list_del(&block->link);
	buddy_close_ring(list, &blocks);
	buddy_renew_mark(list, old);
	if (!list->first)
		list->allocator->counters.lists--;
	return block;
}

static enum buddy_status free_block_raw(struct buddy_allocator *allocator, void *arguments)
{
	const struct freeing *freeing = arguments;
	struct gpu_buddy_block *block = take(freeing->list, freeing->index);
	u32 account = buddy_account_of(block);
	u64 avail = allocator->mm.avail;

	if (!block)
		return BUDDY_INDEX_OUTSIDE_LIST;
	if (buddy_is_journaled(allocator))
		buddy_note_lost(allocator);
	buddy_run_note_free(allocator);
	gpu_buddy_free_block(&allocator->mm, block);
	buddy_run_settle(allocator, account, avail);
	return BUDDY_OK;
}

/* Frees the block as a list of one: gpu_buddy_free_block() would put written memory back as clear (H11). */
static enum buddy_status free_block(struct buddy_allocator *allocator,
				    const struct freeing *freeing)
{
	struct gpu_buddy_block *block = take(freeing->list, freeing->index);
	u32 account = buddy_account_of(block);
	u64 avail = allocator->mm.avail;
	LIST_HEAD(alone);

	if (!block)
		return BUDDY_INDEX_OUTSIDE_LIST;
	list_add(&block->link, &alone);
	buddy_run_note_free(allocator);
	gpu_buddy_free_list(&allocator->mm, &alone, freeing->cleared ? GPU_BUDDY_CLEARED : 0);
	buddy_run_settle(allocator, account, avail);
	return BUDDY_OK;
}

static enum buddy_status free_block_checked(struct buddy_allocator *allocator, void *arguments)
{
	const struct freeing *freeing = arguments;
	u64 name = buddy_entry_of(allocator, freeing->list->first);
	enum buddy_status status = free_block(allocator, freeing);

	if (buddy_is_journaled(allocator) && name != BUDDY_NO_LIST)
		buddy_note(allocator, &(struct buddy_note){ .kind = BUDDY_ENTRY_FREE_BLOCK,
							    .status = status,
							    .bits = freeing->cleared,
							    .count = 2,
							    .arguments = { name, freeing->index },
							    .list = freeing->list });
	return status;
}

enum buddy_status buddy_free_block_raw(struct buddy_list *list, uint64_t index)
{
	return call_on(list, free_block_raw, &(struct freeing){ list, index, false });
}

enum buddy_status buddy_free_block(struct buddy_list *list, uint64_t index, bool cleared)
{
	return call_on(list, free_block_checked, &(struct freeing){ list, index, cleared });
}

static enum buddy_status append(struct buddy_allocator *allocator,
				const struct appending *appending)
{
	struct buddy_list *list = appending->list;
	struct gpu_buddy_block *old = list->first, *block;
	u32 account = buddy_account_of(appending->from->first);
	struct list_head blocks, more;

	if (old && appending->from->first && account != buddy_account_of(old))
		return BUDDY_LIST_OF_OTHER_ACCOUNT;
	buddy_for_each_block(block, appending->from)
		block->private = buddy_label(appending->tag, account);
	buddy_open_ring(list, &blocks);
	buddy_end_list(appending->from, &more);
	list_splice_tail(&more, &blocks);
	buddy_close_ring(list, &blocks);
	if (!old && list->first) {
		buddy_put_mark(list);
		allocator->counters.lists++;
	}
	return BUDDY_OK;
}

static enum buddy_status append_in_run(struct buddy_allocator *allocator, void *arguments)
{
	const struct appending *appending = arguments;
	u64 name = buddy_entry_of(allocator, appending->list->first);
	u64 other = buddy_entry_of(allocator, appending->from->first);
	enum buddy_status status = append(allocator, appending);

	if (buddy_is_journaled(allocator) && other != BUDDY_NO_LIST)
		buddy_note(allocator,
			   &(struct buddy_note){ .kind = BUDDY_ENTRY_APPEND,
						 .status = status,
						 .count = 3,
						 .arguments = { name, other, appending->tag } });
	return status;
}

enum buddy_status buddy_append(struct buddy_list *list, struct buddy_list *from, uint64_t tag)
{
	if (!list->allocator || !from->allocator)
		return BUDDY_FREED;
	if (list->allocator != from->allocator)
		return BUDDY_LIST_FOREIGN;
	if (list == from || (list->first && list->first == from->first))
		return BUDDY_LIST_ITSELF;
	return call_on(list, append_in_run, &(struct appending){ list, from, tag });
}

struct buddy_block_info buddy_first(const struct buddy_list *list)
{
	struct buddy_block_info info;

	buddy_describe(list->allocator, list->first, &info);
	return info;
}

uint64_t buddy_count(const struct buddy_list *list)
{
	struct gpu_buddy_block *block;
	u64 count = 0;

	buddy_for_each_block(block, list)
		count++;
	return count;
}

struct buddy_name buddy_name_of(const struct buddy_list *list)
{
	return (struct buddy_name){ arena_number_of(list->first),
				    *buddy_mark_of(list->first) >> ARENA_OWNER_BITS };
}

uint64_t buddy_first_chunk(const struct buddy_list *list)
{
	return gpu_buddy_block_offset(list->first) >> list->allocator->chunk_shift;
}

struct buddy_name buddy_report(const struct buddy_list *list, struct buddy_report *report)
{
	struct gpu_buddy_block *first = list->first;
	struct buddy_name name;
	u64 count;

	if (!first) {
		*report = (struct buddy_report){ .count = 0 };
		return (struct buddy_name){ .node = 0 };
	}
	name = buddy_name_of(list);
	/* Most lists have one block. */
	count = first->link.next == &first->link ? 1 : buddy_count(list);
	report->count = buddy_if_it_fits(count);
	report->node = (int32_t)name.node;
	report->generation = (int32_t)BUDDY_LOW_GENERATION(name.generation);
	report->chunk = buddy_if_it_fits(buddy_first_chunk(list));
	report->shape =
		(int32_t)((u32)(name.generation >> BUDDY_LOW_GENERATION_BITS)
				  << BUDDY_SHAPE_GENERATION_SHIFT |
			  (u32)min(count, (u64)BUDDY_SHAPE_MOST_BLOCKS) << BUDDY_SHAPE_COUNT_SHIFT |
			  gpu_buddy_block_order(first) << BUDDY_SHAPE_ORDER_SHIFT |
			  gpu_buddy_block_is_clear(first));
	return name;
}

uint64_t buddy_run_bytes(const struct buddy_list *list)
{
	struct gpu_buddy_block *block;
	u64 bytes = 0;

	buddy_for_each_block(block, list)
		bytes += buddy_chunk_size(list->allocator) << gpu_buddy_block_order(block);
	return bytes;
}

static enum buddy_status sum_blocks(struct buddy_allocator *allocator, void *arguments)
{
	struct sum *sum = arguments;

	(void)allocator;
	sum->bytes = buddy_run_bytes(sum->list);
	return BUDDY_OK;
}

uint64_t buddy_bytes(const struct buddy_list *list)
{
	struct sum sum = { list, 0 };

	if (list->allocator)
		buddy_call(list->allocator, sum_blocks, &sum);
	return sum.bytes;
}

bool buddy_run_read(const struct buddy_list *list, const struct buddy_columns *columns,
		    uint64_t first)
{
	struct gpu_buddy_block *block;

	if (first > columns->capacity || buddy_count(list) > columns->capacity - first)
		return false;
	buddy_for_each_block(block, list)
		buddy_copy_block(list->allocator, columns, first++, block);
	return true;
}

static enum buddy_status read_blocks(struct buddy_allocator *allocator, void *arguments)
{
	const struct reading *reading = arguments;

	(void)allocator;
	buddy_run_read(reading->list, reading->columns, 0);
	return BUDDY_OK;
}

enum buddy_status buddy_read(const struct buddy_list *list, const struct buddy_columns *columns,
			     uint64_t *count)
{
	*count = buddy_count(list);
	if (!list->allocator)
		return BUDDY_FREED;
	return buddy_call(list->allocator, read_blocks, &(struct reading){ list, columns });
}
