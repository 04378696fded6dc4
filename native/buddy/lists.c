/* What can be done with a list of blocks: trim it, free it whole or by the block, look at it. */
#include <buddy/allocator.h>

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

struct reading {
	const struct buddy_list *list;
	const struct buddy_columns *columns;
};

struct sum {
	const struct buddy_list *list;
	u64 bytes;
};

static struct gpu_buddy_block *first_block(const struct buddy_list *list)
{
	return list_first_entry(&list->blocks, struct gpu_buddy_block, link);
}

static enum buddy_status trim_raw(struct buddy_allocator *allocator, void *arguments)
{
	const struct trimming *trimming = arguments;
	struct buddy_list *list = trimming->list;
	struct gpu_buddy_block *block;
	void *tag = list_empty(&list->blocks) ? NULL : first_block(list)->private;
	u64 start = trimming->start ? *trimming->start : 0;
	int error = gpu_buddy_block_trim(&allocator->mm, trimming->start ? &start : NULL,
					 trimming->new_size, &list->blocks);

	if (error)
		return buddy_status_of(allocator, error);

	/* The blocks that are left may be new ones. */
	list->count = 0;
	list_for_each_entry(block, &list->blocks, link) {
		block->private = tag;
		list->count++;
	}
	return BUDDY_OK;
}

static enum buddy_status check_trim(struct buddy_allocator *allocator,
				    const struct trimming *trimming)
{
	u64 chunk_size = buddy_chunk_size(allocator), new_size = trimming->new_size;
	struct buddy_block_info block;
	u64 block_end;

	if (!list_is_singular(&trimming->list->blocks))
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

static enum buddy_status trim_checked(struct buddy_allocator *allocator, void *arguments)
{
	const struct trimming *trimming = arguments;
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
	return trim_raw(allocator, &asked);
}

static enum buddy_status call_on(struct buddy_list *list, buddy_body body, void *arguments)
{
	enum buddy_status status;

	if (!list->allocator)
		return BUDDY_FREED;

	status = buddy_call(list->allocator, body, arguments);
	if (status == BUDDY_POISONED) {
		/* Where the BUG left the blocks, nobody may look for them. */
		INIT_LIST_HEAD(&list->blocks);
		list->count = 0;
	}
	return status;
}

enum buddy_status buddy_trim_raw(struct buddy_list *list, const uint64_t *start, uint64_t new_size)
{
	return call_on(list, trim_raw, &(struct trimming){ list, start, new_size });
}

enum buddy_status buddy_trim(struct buddy_list *list, const uint64_t *start, uint64_t new_size)
{
	return call_on(list, trim_checked, &(struct trimming){ list, start, new_size });
}

void buddy_run_free(struct buddy_allocator *allocator, struct buddy_list *list, bool cleared)
{
	kernel_begin(&allocator->context, 0);
	gpu_buddy_free_list(&allocator->mm, &list->blocks, cleared ? GPU_BUDDY_CLEARED : 0);
	buddy_list_init(list);
	/* The list's own. */
	allocator->references--;
}

/* Takes a block off its list. */
static struct gpu_buddy_block *take(struct buddy_list *list, u64 index)
{
	struct gpu_buddy_block *block;

	list_for_each_entry(block, &list->blocks, link)
		if (!index--)
			break;

	list_del(&block->link);
	list->count--;
	return block;
}

static enum buddy_status free_block_raw(struct buddy_allocator *allocator, void *arguments)
{
	const struct freeing *freeing = arguments;

	if (freeing->index >= freeing->list->count)
		return BUDDY_INDEX_OUTSIDE_LIST;
	gpu_buddy_free_block(&allocator->mm, take(freeing->list, freeing->index));
	return BUDDY_OK;
}

/* gpu_buddy_free_block() would put written memory back as clear (H11): a list of one is freed instead. */
static enum buddy_status free_block_checked(struct buddy_allocator *allocator, void *arguments)
{
	const struct freeing *freeing = arguments;
	LIST_HEAD(alone);

	if (freeing->index >= freeing->list->count)
		return BUDDY_INDEX_OUTSIDE_LIST;
	list_add(&take(freeing->list, freeing->index)->link, &alone);
	gpu_buddy_free_list(&allocator->mm, &alone, freeing->cleared ? GPU_BUDDY_CLEARED : 0);
	return BUDDY_OK;
}

enum buddy_status buddy_free_block_raw(struct buddy_list *list, uint64_t index)
{
	return call_on(list, free_block_raw, &(struct freeing){ list, index, false });
}

enum buddy_status buddy_free_block(struct buddy_list *list, uint64_t index, bool cleared)
{
	return call_on(list, free_block_checked, &(struct freeing){ list, index, cleared });
}

struct buddy_block_info buddy_first(const struct buddy_list *list)
{
	struct buddy_block_info info;

	buddy_describe(list->allocator, first_block(list), &info);
	return info;
}

uint64_t buddy_first_chunk(const struct buddy_list *list)
{
	return gpu_buddy_block_offset(first_block(list)) >> list->allocator->chunk_shift;
}

uint64_t buddy_count(const struct buddy_list *list)
{
	return list->count;
}

static enum buddy_status sum_blocks(struct buddy_allocator *allocator, void *arguments)
{
	struct sum *sum = arguments;
	struct gpu_buddy_block *block;

	list_for_each_entry(block, &sum->list->blocks, link)
		sum->bytes += buddy_chunk_size(allocator) << gpu_buddy_block_order(block);
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

	if (first > columns->capacity || list->count > columns->capacity - first)
		return false;
	list_for_each_entry(block, &list->blocks, link)
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
	*count = list->count;
	if (!list->allocator)
		return BUDDY_FREED;
	return buddy_call(list->allocator, read_blocks, &(struct reading){ list, columns });
}
