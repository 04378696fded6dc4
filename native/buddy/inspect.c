/* Describes an allocator as a whole, and makes its free memory clear or dirty. */
#include <buddy/note.h>

struct lookup {
	u64 address;
	struct buddy_block_info *block;
	bool *found;
};

struct printing {
	void (*print)(void *reader, const char *line);
	void *reader;
};

struct snapshot {
	const struct buddy_columns *columns;
	u64 count;
};

static enum buddy_status reset_clear_raw(struct buddy_allocator *allocator, void *clear)
{
	if (buddy_is_journaled(allocator))
		buddy_note_lost(allocator);
	gpu_buddy_reset_clear(&allocator->mm, *(bool *)clear);
	return BUDDY_OK;
}

/* Repeats the kernel's call as long as that helps: it erases from the tree that it walks, and misses some blocks (H10). */
static enum buddy_status reset_clear_wholly(struct buddy_allocator *allocator, void *arguments)
{
	const bool *clear = arguments;
	struct gpu_buddy *mm = &allocator->mm;
	u64 wanted = *clear ? mm->avail : 0;
	u64 before;

	do {
		before = linux_clear_avail(mm);
		gpu_buddy_reset_clear(mm, *clear);
	} while (linux_clear_avail(mm) != wanted && linux_clear_avail(mm) != before);
	if (buddy_is_journaled(allocator))
		buddy_note(allocator,
			   &(struct buddy_note){ .kind = BUDDY_ENTRY_RESET_CLEAR, .bits = *clear });
	return BUDDY_OK;
}

enum buddy_status buddy_reset_clear_raw(struct buddy_allocator *allocator, bool clear)
{
	return buddy_call(allocator, reset_clear_raw, &clear);
}

enum buddy_status buddy_reset_clear(struct buddy_allocator *allocator, bool clear)
{
	return buddy_call(allocator, reset_clear_wholly, &clear);
}

static enum buddy_status find(struct buddy_allocator *allocator, void *arguments)
{
	const struct lookup *lookup = arguments;
	struct gpu_buddy_block *block;

	if (lookup->address > buddy_from_kernel(allocator, U64_MAX))
		return BUDDY_ADDRESS_BEYOND_SPACE;
	block = gpu_buddy_allocated_addr_to_block(&allocator->mm,
						  buddy_to_kernel(allocator, lookup->address));
	if (IS_ERR(block))
		return buddy_status_of(allocator, (int)PTR_ERR(block));

	*lookup->found = block != NULL;
	if (block)
		buddy_describe(allocator, block, lookup->block);
	return BUDDY_OK;
}

enum buddy_status buddy_lookup(struct buddy_allocator *allocator, uint64_t address,
			       struct buddy_block_info *block, bool *found)
{
	return buddy_call(allocator, find, &(struct lookup){ address, block, found });
}

static enum buddy_status print_lines(struct buddy_allocator *allocator, void *arguments)
{
	const struct printing *printing = arguments;

	allocator->context.print = printing->print;
	allocator->context.print_reader = printing->reader;
	if (allocator->scale)
		pr_info("scale: %u, by which all bytes below are larger\n", 1U << allocator->scale);
	gpu_buddy_print(&allocator->mm);
	allocator->context.print = NULL;
	return BUDDY_OK;
}

enum buddy_status buddy_print(struct buddy_allocator *allocator,
			      void (*print)(void *reader, const char *line), void *reader)
{
	return buddy_call(allocator, print_lines, &(struct printing){ print, reader });
}

void buddy_stats(struct buddy_allocator *allocator, struct buddy_stats *stats)
{
	const struct gpu_buddy *mm = &allocator->mm;

	buddy_lock(allocator);
	stats->size = buddy_size(allocator);
	stats->chunk_size = buddy_chunk_size(allocator);
	stats->avail = buddy_from_kernel(allocator, mm->avail);
	stats->clear_avail = buddy_from_kernel(allocator, linux_clear_avail(mm));
	stats->reserved = allocator->promised;
	stats->native_bytes = buddy_native_bytes(allocator);
	stats->kernel_warnings = allocator->context.warnings;
	stats->max_order = mm->max_order;
	/* Nobody walks over what a BUG has left behind. */
	if (LINUX_KEEPS_COUNTS || !allocator->poisoned) {
		linux_count_blocks(mm, stats->free_blocks, stats->used_blocks);
	} else {
		memset(stats->free_blocks, 0, sizeof(stats->free_blocks));
		memset(stats->used_blocks, 0, sizeof(stats->used_blocks));
	}
	buddy_unlock(allocator);
}

struct buddy_avail buddy_run_avail(const struct buddy_allocator *allocator)
{
	return (struct buddy_avail){ buddy_from_kernel(allocator, allocator->mm.avail),
				     buddy_from_kernel(allocator,
						       linux_clear_avail(&allocator->mm)),
				     allocator->context.warnings };
}

void buddy_avail(struct buddy_allocator *allocator, struct buddy_avail *avail)
{
	buddy_lock(allocator);
	*avail = buddy_run_avail(allocator);
	buddy_unlock(allocator);
}

bool buddy_take_warning(struct buddy_fault *warning)
{
	struct kernel_fault fault;

	if (!kernel_take_warning(&fault))
		return false;
	*warning = (struct buddy_fault){ fault.file, fault.condition, fault.line };
	return true;
}

static enum buddy_status copy_all(struct buddy_allocator *allocator, void *arguments)
{
	struct snapshot *snapshot = arguments;
	const struct gpu_buddy *mm = &allocator->mm;
	struct buddy_leaves leaves;
	struct gpu_buddy_block *block;
	u64 index = 0, free, used;

	buddy_count_blocks(mm, &free, &used);
	snapshot->count = free + used;
	if (snapshot->count > snapshot->columns->capacity)
		return BUDDY_OK;

	buddy_begin_leaves(&leaves);
	while ((block = buddy_next_leaf(mm, &leaves)))
		buddy_copy_block(allocator, snapshot->columns, index++, block);
	return BUDDY_OK;
}

enum buddy_status buddy_snapshot(struct buddy_allocator *allocator,
				 const struct buddy_columns *columns, uint64_t *count)
{
	struct snapshot snapshot = { columns, 0 };
	enum buddy_status status = buddy_call(allocator, copy_all, &snapshot);

	*count = snapshot.count;
	return status;
}
