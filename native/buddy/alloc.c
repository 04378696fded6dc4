/* Allocates: by the kernel's call as it is (raw), or after checks, with what the kernel forgets (checked). */
#include <buddy/note.h>
#include <buddy/range.h>
#include <stdint.h>

/* Keeps what few allocations need out of the middle of what all of them do. */
#define SELDOM __attribute__((noinline, cold))

#define MODE_FLAGS (GPU_BUDDY_RANGE_ALLOCATION | GPU_BUDDY_TOPDOWN_ALLOCATION)
#define KNOWN_FLAGS                                                                                \
	(MODE_FLAGS | GPU_BUDDY_CONTIGUOUS_ALLOCATION | GPU_BUDDY_CLEAR_ALLOCATION |               \
	 GPU_BUDDY_TRIM_DISABLE)

int buddy_ask_kernel(struct buddy_allocator *allocator, struct list_head *blocks,
		     const struct buddy_request *request)
{
	return gpu_buddy_alloc_blocks(&allocator->mm, request->start, request->end, request->size,
				      request->min_block_size, blocks, request->flags);
}

/* Compiled into the hot path of this file; others call buddy_bind(). */
static inline __attribute__((always_inline)) enum buddy_status
bind(struct buddy_allocator *allocator, struct buddy_list *list, struct list_head *blocks,
     void *label, u64 avail)
{
	enum buddy_status status = BUDDY_OK;
	struct gpu_buddy_block *block, *first;

	if (unlikely(list_empty(blocks))) {
		*list = (struct buddy_list){ allocator, NULL, list->owner };
		return BUDDY_OK;
	}
	list_for_each_entry(block, blocks, link)
		block->private = label;
	first = list_first_entry(blocks, struct gpu_buddy_block, link);
	if (unlikely(*buddy_mark_of(first) >= ~BUDDY_OWNER_MASK))
		status = BUDDY_NO_MEMORY;
	else if (unlikely(allocator->extras & BUDDY_HAS_ACCOUNTS))
		status = buddy_run_charge(allocator, buddy_account_in(label), avail);
	if (unlikely(status)) {
		buddy_give_back(allocator, blocks);
		return status;
	}
	list_join(blocks->prev, blocks->next);
	*buddy_mark_of(first) |= list->owner;
	list->first = first;
	list->allocator = allocator;
	allocator->counters.allocations++;
	allocator->counters.lists++;
	return BUDDY_OK;
}

enum buddy_status buddy_bind(struct buddy_allocator *allocator, struct buddy_list *list,
			     struct list_head *blocks, void *label, u64 avail)
{
	return bind(allocator, list, blocks, label, avail);
}

void buddy_give_back(struct buddy_allocator *allocator, struct list_head *blocks)
{
	struct gpu_buddy_block *block, *following;

	list_for_each_entry_safe(block, following, blocks, link)
		gpu_buddy_free_block(&allocator->mm, block);
	INIT_LIST_HEAD(blocks);
}

void buddy_run_undo(struct buddy_allocator *allocator, struct buddy_list *list)
{
	u32 account = buddy_account_of(list->first);
	u64 avail = allocator->mm.avail, name = buddy_entry_of(allocator, list->first);
	struct list_head blocks;

	kernel_begin(&allocator->context, 0);
	buddy_end_list(list, &blocks);
	buddy_give_back(allocator, &blocks);
	if (unlikely(account))
		buddy_run_settle(allocator, account, avail);
	if (buddy_is_journaled(allocator))
		buddy_note_list(allocator, BUDDY_ENTRY_UNDO, name, 0);
}

static enum buddy_status alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				   const struct buddy_request *request)
{
	u64 avail = allocator->mm.avail;
	enum buddy_status status;
	LIST_HEAD(blocks);
	int error;

	if (list->allocator)
		return BUDDY_LIST_IN_USE;
	if (buddy_is_journaled(allocator))
		buddy_note_lost(allocator);
	kernel_begin(&allocator->context, allocator->step_limit);
	error = buddy_ask_kernel(allocator, &blocks, request);
	status = buddy_bind(allocator, list, &blocks, buddy_label(request->tag, request->account),
			    avail);
	return error ? buddy_status_of(allocator, error) : status;
}

enum buddy_status buddy_run_alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				      const struct buddy_request *request)
{
	return buddy_run_note_shortage(allocator, alloc_raw(allocator, list, request));
}

static enum buddy_status check_range(const struct buddy_allocator *allocator,
				     const struct buddy_request *request)
{
	enum buddy_status status = buddy_check_range(allocator, request->start, request->end);

	if (status)
		return status;
	if (!IS_ALIGNED(request->start | request->end, buddy_chunk_size(allocator)))
		return BUDDY_RANGE_UNALIGNED;
	if (range_overflows(request->start, request->size, buddy_size(allocator)))
		return BUDDY_RANGE_TOO_LATE;
	if (request->end - request->start == request->size &&
	    !IS_ALIGNED(request->start | request->end, request->min_block_size))
		return BUDDY_RANGE_EXACT_UNALIGNED;
	return BUDDY_OK;
}

/* A rounded size of 0 is one that does not fit in 64 bits. */
static bool fits(u64 rounded_size, u64 space)
{
	return rounded_size && rounded_size <= space;
}

/* Is a size below min_block_size even when it is rounded up to a power of two, which need not fit in 64 bits (H2)? */
static bool stays_below(u64 size, u64 min_block_size)
{
	return size <= min_block_size / 2;
}

static enum buddy_status check_size(const struct buddy_allocator *allocator, u64 size)
{
	if (size < buddy_chunk_size(allocator))
		return BUDDY_SIZE_BELOW_CHUNK;
	if (!IS_ALIGNED(size, buddy_chunk_size(allocator)))
		return BUDDY_SIZE_UNALIGNED;
	return size > buddy_size(allocator) ? BUDDY_SIZE_ABOVE_SPACE : BUDDY_OK;
}

/* A power of two below the alignment, where the kernel does not round it up. */
static bool is_aligned_piece(const struct buddy_request *request)
{
	return LINUX_PLACES_SMALL_SIZES && request->size < request->min_block_size &&
	       is_power_of_2(request->size);
}

static enum buddy_status check_request(const struct buddy_allocator *allocator,
				       const struct buddy_request *request)
{
	u64 size = request->size, min_block_size = request->min_block_size;
	u64 chunk_size = buddy_chunk_size(allocator), space = buddy_size(allocator);
	bool range = request->flags & GPU_BUDDY_RANGE_ALLOCATION;
	bool contiguous = request->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION;
	enum buddy_status status;

	if (request->flags & ~KNOWN_FLAGS || (request->flags & MODE_FLAGS) == MODE_FLAGS)
		return BUDDY_FLAGS_UNKNOWN;
	status = check_size(allocator, size);
	if (status)
		return status;
	if (min_block_size < chunk_size)
		return BUDDY_MIN_BLOCK_SIZE_BELOW_CHUNK;
	if (!is_power_of_2(min_block_size))
		return BUDDY_MIN_BLOCK_SIZE_NO_POWER_OF_2;
	if (min_block_size > buddy_from_kernel(allocator, U64_MAX))
		return BUDDY_MIN_BLOCK_SIZE_TOO_LARGE_SCALED;

	if (range) {
		status = check_range(allocator, request);
		if (status || request->end - request->start == size)
			return status;
	}

	/* See alloc_aligned_in_range(). */
	if (is_aligned_piece(request))
		return BUDDY_OK;
	if (contiguous && !stays_below(size, min_block_size))
		return range && !fits(roundup_pow_of_two(size), space) ?
			       BUDDY_SIZE_ABOVE_SPACE_CONTIGUOUS :
			       BUDDY_OK;
	return fits(round_up(size, min_block_size), space) ? BUDDY_OK :
							     BUDDY_SIZE_ABOVE_SPACE_ROUNDED;
}

/* A range as long as the size: what lies there is taken. */
static bool is_exact(const struct buddy_request *request)
{
	return request->flags & GPU_BUDDY_RANGE_ALLOCATION &&
	       request->end - request->start == request->size;
}

u64 buddy_rounded_size(const struct buddy_request *request)
{
	if (request->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION)
		return roundup_pow_of_two(request->size);
	return is_aligned_piece(request) ? request->size :
					   round_up(request->size, request->min_block_size);
}

int buddy_alloc_at(struct buddy_allocator *allocator, struct list_head *blocks, u64 start, u64 size)
{
	return gpu_buddy_alloc_blocks(&allocator->mm, start, start + size, size,
				      allocator->mm.chunk_size, blocks, GPU_BUDDY_RANGE_ALLOCATION);
}

/* A whole block of min_block_size, cut down to the size. */
static int alloc_and_trim(struct buddy_allocator *allocator, struct list_head *blocks,
			  const struct buddy_request *request)
{
	struct buddy_request whole = *request;
	int error;

	/* One block is in one piece anyway. */
	whole.flags &= ~GPU_BUDDY_CONTIGUOUS_ALLOCATION;
	whole.size = request->min_block_size;
	error = buddy_alloc_in_range(allocator, blocks, &whole);
	if (error)
		return error;

	/* Trim-disable or not: such a size is not rounded up, here as little as without a range. */
	error = gpu_buddy_block_trim(&allocator->mm, NULL, request->size, blocks);
	if (error)
		buddy_give_back(allocator, blocks);
	return error;
}

/*
 * A size below min_block_size in a range: the kernel forgets the alignment (H7). Instead a whole aligned block of
 * min_block_size is taken and trimmed. Where the range has room for only one, and at its end where a whole one does not
 * fit any more, the first `size` bytes will do.
 */
SELDOM static int alloc_aligned_in_range(struct buddy_allocator *allocator,
					 struct list_head *blocks,
					 const struct buddy_request *request)
{
	u64 size = request->size, alignment = request->min_block_size;
	u64 first = round_up(request->start, alignment);
	u64 last = round_down(request->end, alignment);
	int error = -ENOSPC;

	/* Rounded up beyond 2^64 it is 0. */
	if (first >= request->start && first < last)
		error = last - first == alignment ? buddy_alloc_at(allocator, blocks, first, size) :
						    alloc_and_trim(allocator, blocks, request);
	if (error == -ENOSPC && last >= request->start && request->end - last >= size)
		error = buddy_alloc_at(allocator, blocks, last, size);
	return error;
}

/* A contiguous request without a range may be served by several blocks of just the size. */
static u64 bytes_needed(const struct buddy_request *asked)
{
	bool rounds = asked->flags & GPU_BUDDY_RANGE_ALLOCATION ?
			      !is_exact(asked) :
			      !(asked->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION);

	return rounds ? buddy_rounded_size(asked) : asked->size;
}

/* Makes the kernel's arguments of a request that has been checked. */
static void scale(const struct buddy_allocator *allocator, struct buddy_request *request)
{
	request->start = buddy_to_kernel(allocator, request->start);
	request->end = buddy_to_kernel(allocator, request->end);
	request->size = buddy_to_kernel(allocator, request->size);
	request->min_block_size = buddy_to_kernel(allocator, request->min_block_size);
}

/* The arguments with which the kernel does what the request says. */
SELDOM static void prepare(const struct buddy_allocator *allocator, struct buddy_prepared *prepared)
{
	const struct gpu_buddy *mm = &allocator->mm;
	struct buddy_request *asked = &prepared->request;

	prepared->is_known = true;
	prepared->status = check_request(allocator, asked);
	if (prepared->status)
		return;

	scale(allocator, asked);
	prepared->is_in_range = asked->flags & GPU_BUDDY_RANGE_ALLOCATION && !is_exact(asked);

	/*
	 * Without a range drivers pass the whole space, where clear and dirty blocks may be merged. For all of it that would
	 * be an exact range (H5), so the last chunk is left out: what could merge there has a left half before it.
	 */
	if (!(asked->flags & GPU_BUDDY_RANGE_ALLOCATION)) {
		asked->start = 0;
		asked->end = mm->size;
		if (asked->size == mm->size)
			asked->end -= mm->chunk_size;
	}

	/* A contiguous size below min_block_size loses its alignment (H8); without the flag it is one block anyway. */
	if (stays_below(asked->size, asked->min_block_size))
		asked->flags &= ~GPU_BUDDY_CONTIGUOUS_ALLOCATION;

	prepared->needed = bytes_needed(asked);
	prepared->is_one_block = prepared->needed <= asked->min_block_size ||
				 asked->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION;
}

/* Whether the free blocks of at least this size may have so many bytes. */
static bool may_have(const struct buddy_allocator *allocator, u64 block_size, u64 bytes)
{
	return linux_may_have(&allocator->mm, ilog2(block_size) - allocator->chunk_shift,
			      bytes >> allocator->chunk_shift);
}

/*
 * Whether the numbers of free blocks rule a request out, which the kernel finds out by taking and giving back, or by merging
 * clear with dirty memory for nothing. Where merging could help, that is for the kernel to find out.
 */
SELDOM static bool is_hopeless(const struct buddy_allocator *allocator,
			       const struct buddy_prepared *prepared)
{
	const struct buddy_request *asked = &prepared->request;
	const struct gpu_buddy *mm = &allocator->mm;

	if (prepared->needed > mm->avail)
		return true;
	if (asked->flags & GPU_BUDDY_RANGE_ALLOCATION ||
	    (linux_clear_avail(mm) && linux_clear_avail(mm) != mm->avail))
		return false;
	/* A contiguous request needs a block of at least the size rounded down, or one of just that with its neighbours. */
	if (asked->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION || is_aligned_piece(asked))
		return !may_have(allocator, asked->size, mm->chunk_size);
	return !may_have(allocator, asked->min_block_size, prepared->needed);
}

SELDOM static int alloc_in_range(struct buddy_allocator *allocator, struct list_head *blocks,
				 const struct buddy_request *request)
{
	return is_aligned_piece(request) ? alloc_aligned_in_range(allocator, blocks, request) :
					   buddy_alloc_in_range(allocator, blocks, request);
}

static int alloc_prepared(struct buddy_allocator *allocator, struct list_head *blocks,
			  const struct buddy_prepared *prepared)
{
	const struct buddy_request *asked = &prepared->request;

	if (unlikely(prepared->is_in_range))
		return alloc_in_range(allocator, blocks, asked);
	return buddy_ask_kernel(allocator, blocks, asked);
}

static inline enum buddy_status alloc_checked(struct buddy_allocator *allocator,
					      struct buddy_list *list,
					      struct buddy_prepared *prepared)
{
	const struct kernel_context *context = &allocator->context;
	const struct buddy_request *request = &prepared->request;
	u64 avail = allocator->mm.avail;
	LIST_HEAD(blocks);
	int error;

	if (list->allocator)
		return BUDDY_LIST_IN_USE;
	if (!prepared->is_known)
		prepare(allocator, prepared);
	if (prepared->status)
		return prepared->status;
	if (unlikely(allocator->extras & BUDDY_HAS_ACCOUNTS)) {
		enum buddy_status status =
			buddy_run_admit(allocator, request->account, avail, prepared->needed);

		if (status)
			return status;
	}
	if (unlikely(!prepared->is_one_block || linux_clear_avail(&allocator->mm)) &&
	    is_hopeless(allocator, prepared))
		return BUDDY_NO_SPACE;

	kernel_begin(&allocator->context, allocator->step_limit);
	error = alloc_prepared(allocator, &blocks, prepared);
	if (error)
		return buddy_status_of(allocator, error);

	/* A search cut short may have found a place that the whole search would not have taken. */
	if (context->work_spent) {
		buddy_give_back(allocator, &blocks);
		return BUDDY_WORK_LIMIT;
	}

	/* The last step, trimming, ran out of memory and left more than was asked for (H17). */
	if (context->out_of_memory && !(prepared->request.flags & GPU_BUDDY_TRIM_DISABLE) &&
	    avail - allocator->mm.avail > prepared->request.size) {
		buddy_give_back(allocator, &blocks);
		return BUDDY_NO_MEMORY;
	}

	return bind(allocator, list, &blocks, buddy_label(request->tag, request->account), avail);
}

enum buddy_status buddy_run_alloc(struct buddy_allocator *allocator, struct buddy_list *list,
				  struct buddy_prepared *prepared)
{
	enum buddy_status status = alloc_checked(allocator, list, prepared);

	if (unlikely(status)) {
		buddy_run_count_failure(allocator, status, &prepared->request);
		status = buddy_run_note_shortage(allocator, status);
	}
	if (buddy_is_journaled(allocator))
		buddy_note_alloc(allocator, list, prepared, status);
	return status;
}

struct extending {
	struct buddy_list *list;
	u64 size;
};

/* The end of the highest block, in the kernel's unit. */
static u64 end_of(struct buddy_allocator *allocator, const struct buddy_list *list)
{
	struct gpu_buddy_block *block;
	u64 end = 0;

	buddy_for_each_block(block, list)
		end = max(end, gpu_buddy_block_offset(block) +
				       gpu_buddy_block_size(&allocator->mm, block));
	return end;
}

static enum buddy_status extend_by(struct buddy_allocator *allocator, struct buddy_list *list,
				   u64 bytes)
{
	enum buddy_status status = check_size(allocator, bytes);
	u32 account = buddy_account_of(list->first);
	u64 start, size, avail = allocator->mm.avail;
	struct gpu_buddy_block *block;
	struct list_head all;
	LIST_HEAD(more);
	int error;

	if (status)
		return status;
	if (!list->first)
		return BUDDY_NO_SPACE;
	start = end_of(allocator, list);
	size = buddy_to_kernel(allocator, bytes);
	if (range_overflows(start, size, allocator->mm.size) || size > avail)
		return BUDDY_NO_SPACE;
	status = buddy_run_admit(allocator, account, avail, size);
	if (status)
		return status;

	kernel_begin(&allocator->context, allocator->step_limit);
	error = buddy_alloc_at(allocator, &more, start, size);
	if (error)
		return buddy_status_of(allocator, error);
	if (allocator->context.work_spent) {
		buddy_give_back(allocator, &more);
		return BUDDY_WORK_LIMIT;
	}

	/* The blocks are as many as were admitted. */
	buddy_run_settle(allocator, account, avail);
	list_for_each_entry(block, &more, link)
		block->private = list->first->private;
	buddy_open_ring(list, &all);
	list_splice_tail(&more, &all);
	buddy_close_ring(list, &all);
	return BUDDY_OK;
}

static enum buddy_status extend_in_run(struct buddy_allocator *allocator, void *arguments)
{
	const struct extending *extending = arguments;
	u64 name = buddy_entry_of(allocator, extending->list->first);
	enum buddy_status status = buddy_run_note_shortage(
		allocator, extend_by(allocator, extending->list, extending->size));

	if (buddy_is_journaled(allocator) && name != BUDDY_NO_LIST)
		buddy_note(allocator, &(struct buddy_note){ .kind = BUDDY_ENTRY_EXTEND,
							    .status = status,
							    .count = 2,
							    .arguments = { name, extending->size },
							    .list = extending->list });
	return status;
}

enum buddy_status buddy_extend(struct buddy_list *list, uint64_t size)
{
	if (!list->allocator)
		return BUDDY_FREED;
	return buddy_run(list->allocator, extend_in_run, &(struct extending){ list, size });
}
