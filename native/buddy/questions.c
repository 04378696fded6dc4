/* Answers short questions about free memory and lists. Changes nothing. */
#include <buddy/lists.h>
#include <buddy/run.h>

/* About 10 microseconds, as the error that is made of it. */
#define STEPS_OF_EXPLANATION 512

/* A range, and the blocks in it that are still to be looked at. */
struct walk {
	const struct buddy_allocator *allocator;
	u64 start, end;
	/* The next root. */
	unsigned int root;
	/* Right halves: one of each order at the most, and a left one. */
	struct gpu_buddy_block *waiting[BUDDY_MAX_ORDERS + 2];
	unsigned int depth;
};

/* Bytes of a range, or of a block, that lie in the range of a walk. */
struct piece {
	u64 start, end;
};

struct room_in {
	u64 start, end;
	uint64_t *bytes;
};

struct runs {
	const struct buddy_runs *columns;
	u64 count;
};

struct finding {
	const struct buddy_search *search;
	uint64_t *address;
	bool *found;
};

struct size_in {
	const struct buddy_list *list;
	u64 start, end;
	uint64_t *bytes;
};

struct lowest {
	const struct buddy_list *list;
	uint64_t *address;
	bool *whole;
};

static struct walk walk_in(const struct buddy_allocator *allocator, u64 start, u64 end)
{
	struct walk walk;

	/* The waiting blocks are not initialised: they are written before they are read. */
	walk.allocator = allocator;
	walk.start = start;
	walk.end = end;
	walk.root = 0;
	walk.depth = 0;
	return walk;
}

static u64 size_of(const struct buddy_allocator *allocator, const struct gpu_buddy_block *block)
{
	return buddy_chunk_size(allocator) << (block->header & GPU_BUDDY_HEADER_ORDER);
}

/* Gives what a block has of a range; empty (start >= end) where it lies outside. */
static struct piece cut(const struct buddy_allocator *allocator,
			const struct gpu_buddy_block *block, u64 start, u64 end)
{
	u64 offset = buddy_offset_of(allocator, block);

	return (struct piece){ max(offset, start), min(offset + size_of(allocator, block), end) };
}

/* Takes the next block to be looked at; NULL: there is none. */
static struct gpu_buddy_block *take(struct walk *walk)
{
	if (walk->depth)
		return walk->waiting[--walk->depth];
	return walk->root < walk->allocator->mm.n_roots ? walk->allocator->mm.roots[walk->root++] :
							  NULL;
}

/*
 * Finds the next free block that has bytes in the range, in the order of addresses, and gives these bytes. False where there is
 * none, or the call has done all the work that it may. From block to block counts as two steps, as in a tree of the kernel's.
 */
static bool next_free(struct walk *walk, struct piece *piece)
{
	struct gpu_buddy_block *block;

	while ((block = take(walk))) {
		kernel_current->steps++;
		if (kernel_work_is_spent())
			return false;
		*piece = cut(walk->allocator, block, walk->start, walk->end);
		if (piece->start >= piece->end)
			continue;
		if (gpu_buddy_block_is_free(block))
			return true;
		if (buddy_is_split(block)) {
			/* Fetches them ahead, since they lie scattered in memory. */
			__builtin_prefetch(block->right);
			walk->waiting[walk->depth++] = block->right;
			walk->waiting[walk->depth++] = block->left;
		}
	}
	return false;
}

static u64 largest_free(const struct buddy_allocator *allocator)
{
	int order = linux_largest_free(&allocator->mm);

	return order < 0 ? 0 : buddy_chunk_size(allocator) << order;
}

struct buddy_room buddy_run_room(const struct buddy_allocator *allocator)
{
	u64 avail = buddy_from_kernel(allocator, allocator->mm.avail);

	return (struct buddy_room){
		.avail = avail,
		.largest_free = largest_free(allocator),
		/* Never above the largest root: `avail` is not above the size, and that is the largest power of two in it. */
		.largest_possible = rounddown_pow_of_two(avail),
	};
}

void buddy_room(struct buddy_allocator *allocator, struct buddy_room *room)
{
	buddy_lock(allocator);
	*room = buddy_run_room(allocator);
	buddy_unlock(allocator);
}

static u64 avail_in(const struct buddy_allocator *allocator, u64 start, u64 end)
{
	struct walk walk = walk_in(allocator, start, end);
	struct piece piece;
	u64 bytes = 0;

	while (next_free(&walk, &piece))
		bytes += piece.end - piece.start;
	return bytes;
}

static enum buddy_status measure_room(struct buddy_allocator *allocator, void *arguments)
{
	const struct room_in *room = arguments;
	enum buddy_status status = buddy_check_range(allocator, room->start, room->end);

	if (!status)
		*room->bytes = avail_in(allocator, room->start, room->end);
	return status;
}

enum buddy_status buddy_avail_in(struct buddy_allocator *allocator, uint64_t start, uint64_t end,
				 uint64_t *bytes)
{
	return buddy_call(allocator, measure_room, &(struct room_in){ start, end, bytes });
}

/* Marked cold, so that it is not compiled into the middle of every allocation. */
__attribute__((cold)) void buddy_run_explain(struct buddy_allocator *allocator,
					     const struct buddy_request *request,
					     struct buddy_shortage *shortage)
{
	u64 avail = allocator->mm.avail;
	bool is_full = request->size > avail;

	*shortage = (struct buddy_shortage){ buddy_from_kernel(allocator, avail),
					     largest_free(allocator), 0, false };
	if (is_full || !(request->flags & GPU_BUDDY_RANGE_ALLOCATION))
		return;
	/* The allocation has used up its own steps. */
	kernel_begin(&allocator->context, STEPS_OF_EXPLANATION);
	shortage->avail_in_range = avail_in(allocator, buddy_from_kernel(allocator, request->start),
					    buddy_from_kernel(allocator, request->end));
	shortage->more_in_range = allocator->context.work_spent;
}

static enum buddy_status copy_runs(struct buddy_allocator *allocator, void *arguments)
{
	struct runs *runs = arguments;
	const struct buddy_runs *columns = runs->columns;
	struct walk walk = walk_in(allocator, 0, buddy_size(allocator));
	u64 count = 0, start = 0, end = 0, used;
	struct piece piece;

	buddy_count_blocks(&allocator->mm, &runs->count, &used);
	if (runs->count > columns->capacity)
		return BUDDY_OK;

	for (; next_free(&walk, &piece); end = piece.end) {
		if (!count || end != piece.start) {
			start = piece.start;
			buddy_write_cell(&columns->offsets[count++], columns->base_offset + start,
					 columns->as_doubles);
		}
		buddy_write_cell(&columns->sizes[count - 1], piece.end - start,
				 columns->as_doubles);
	}
	runs->count = count;
	return BUDDY_OK;
}

enum buddy_status buddy_free_runs(struct buddy_allocator *allocator, const struct buddy_runs *runs,
				  uint64_t *count)
{
	struct runs copy = { runs, 0 };
	enum buddy_status status = buddy_call(allocator, copy_runs, &copy);

	*count = copy.count;
	return status;
}

static enum buddy_status check_search(const struct buddy_allocator *allocator,
				      const struct buddy_search *search)
{
	if (search->size < buddy_chunk_size(allocator))
		return BUDDY_SIZE_BELOW_CHUNK;
	if (!IS_ALIGNED(search->size, buddy_chunk_size(allocator)))
		return BUDDY_SIZE_UNALIGNED;
	if (search->size > buddy_size(allocator))
		return BUDDY_SIZE_ABOVE_SPACE;
	if (!is_power_of_2(search->alignment))
		return BUDDY_ALIGNMENT_NO_POWER_OF_2;
	return buddy_check_range(allocator, search->start, search->end);
}

/* The lowest place in a free run. False where the run is too short. */
static bool fits(struct piece run, u64 size, u64 alignment, uint64_t *address)
{
	/* Rounded up beyond 2^64 it is 0. */
	*address = round_up(run.start, alignment);
	return *address >= run.start && !range_overflows(*address, size, run.end);
}

static enum buddy_status find(struct buddy_allocator *allocator, void *arguments)
{
	const struct finding *finding = arguments;
	const struct buddy_search *search = finding->search;
	enum buddy_status status = check_search(allocator, search);
	struct walk walk = walk_in(allocator, search->start, search->end);
	u64 alignment = max((u64)search->alignment, buddy_chunk_size(allocator));
	struct piece piece, run = { search->start, search->start };

	*finding->found = false;
	if (status || search->size > buddy_from_kernel(allocator, allocator->mm.avail))
		return status;

	kernel_begin(&allocator->context, allocator->step_limit);
	while (next_free(&walk, &piece)) {
		if (run.end != piece.start)
			run.start = piece.start;
		run.end = piece.end;
		*finding->found = fits(run, search->size, alignment, finding->address);
		if (*finding->found)
			return BUDDY_OK;
	}
	return allocator->context.work_spent ? BUDDY_WORK_LIMIT : BUDDY_OK;
}

enum buddy_status buddy_find_free(struct buddy_allocator *allocator,
				  const struct buddy_search *search, uint64_t *address, bool *found)
{
	*found = false;
	return buddy_run(allocator, find, &(struct finding){ search, address, found });
}

static enum buddy_status measure_list(struct buddy_allocator *allocator, void *arguments)
{
	const struct size_in *size = arguments;
	enum buddy_status status = buddy_check_range(allocator, size->start, size->end);
	struct gpu_buddy_block *block;

	if (status)
		return status;
	*size->bytes = 0;
	buddy_for_each_block(block, size->list) {
		struct piece piece = cut(allocator, block, size->start, size->end);

		if (piece.start < piece.end)
			*size->bytes += piece.end - piece.start;
	}
	return BUDDY_OK;
}

enum buddy_status buddy_size_in(const struct buddy_list *list, uint64_t start, uint64_t end,
				uint64_t *bytes)
{
	if (!list->allocator)
		return BUDDY_FREED;
	return buddy_call(list->allocator, measure_list,
			  &(struct size_in){ list, start, end, bytes });
}

/* Blocks never overlap, so there is no gap where they are as long together as from the first byte to the last. */
static enum buddy_status find_lowest(struct buddy_allocator *allocator, void *arguments)
{
	const struct lowest *lowest = arguments;
	u64 start = buddy_size(allocator), end = 0, bytes = 0;
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, lowest->list) {
		u64 offset = buddy_offset_of(allocator, block);

		start = min(start, offset);
		end = max(end, offset + size_of(allocator, block));
		bytes += size_of(allocator, block);
	}
	*lowest->address = start;
	*lowest->whole = bytes && end - start == bytes;
	return BUDDY_OK;
}

enum buddy_status buddy_lowest(const struct buddy_list *list, uint64_t *address, bool *whole)
{
	if (!list->allocator)
		return BUDDY_FREED;
	return buddy_call(list->allocator, find_lowest, &(struct lowest){ list, address, whole });
}
