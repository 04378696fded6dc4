#include "space.h"
#include "random.h"

#include <linux/err.h>
#include <linux/list.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * The context is entered once for a whole loop, since a thread of the kernel is always there. The guard against a BUG
 * stands around the loop, too: in the kernel there is none.
 */
int space_run(struct space *space, space_body *body, const struct space_request *request,
	      size_t count)
{
	jmp_buf escape;
	int error;

	if (_setjmp(escape)) {
		kernel_leave();
		return -EFAULT;
	}
	kernel_enter(&space->context, &escape, 0);
	error = body(space, request, count);
	kernel_leave();
	return error;
}

static int alloc(struct space *space, const struct space_request *request, struct list_head *list)
{
	return gpu_buddy_alloc_blocks(&space->mm, request->start, request->end, request->size,
				      request->min_block_size, list, request->flags);
}

static int alloc_block(struct space *space, const struct space_request *request,
		       struct gpu_buddy_block **block)
{
	LIST_HEAD(list);
	int error = alloc(space, request, &list);

	if (error)
		return error;
	*block = list_first_entry(&list, struct gpu_buddy_block, link);
	list_del(&(*block)->link);
	return list_empty(&list) ? 0 : -EINVAL;
}

static void free_block(struct space *space, const struct space_request *request,
		       struct gpu_buddy_block *block)
{
	LIST_HEAD(list);

	list_add(&block->link, &list);
	gpu_buddy_free_list(&space->mm, &list, request->free_flags);
}

static int init(struct space *space, const struct space_request *request, size_t count)
{
	(void)count;
	return gpu_buddy_init(&space->mm, request->size, request->min_block_size);
}

int space_create(const struct space_request *request, u32 seed, struct space **created)
{
	struct space *space = calloc(1, sizeof(*space));
	int error;

	if (!space)
		return -ENOMEM;
	space->random = seed;
	space->context.arena = &space->arena;
	arena_init(&space->arena, ~0UL);
	error = space_run(space, init, request, 0);
	if (error) {
		space_destroy(space);
		return error;
	}
	arena_keep(&space->arena);
	*created = space;
	return 0;
}

/* The arena takes everything along. */
void space_destroy(struct space *space)
{
	arena_destroy(&space->arena);
	free(space->live);
	free(space);
}

int space_fill(struct space *space, const struct space_request *request, size_t count)
{
	struct gpu_buddy_block **live =
		realloc(space->live, (space->count + count) * sizeof(*live));

	if (!live)
		return -ENOMEM;
	space->live = live;
	for (size_t i = 0; i < count; i++) {
		int error = alloc_block(space, request, &live[space->count]);

		if (error)
			return error;
		space->count++;
	}
	return 0;
}

/* Frees what stands in the second half. */
static int keep_first_half(struct space *space, const struct space_request *request)
{
	size_t kept = space->count / 2;

	for (size_t i = kept; i < space->count; i++)
		free_block(space, request, space->live[i]);
	space->count = kept;
	return 0;
}

static void swap_blocks(struct space *space, size_t a, size_t b)
{
	struct gpu_buddy_block *block = space->live[a];

	space->live[a] = space->live[b];
	space->live[b] = block;
}

int space_keep_every_second(struct space *space, const struct space_request *request, size_t count)
{
	(void)count;
	for (size_t i = 0; i < space->count / 2; i++)
		swap_blocks(space, i, 2 * i);
	return keep_first_half(space, request);
}

int space_keep_random_half(struct space *space, const struct space_request *request, size_t count)
{
	(void)count;
	for (size_t i = 0; i < space->count / 2; i++)
		swap_blocks(space, i, i + next_random(&space->random) % (space->count - i));
	return keep_first_half(space, request);
}

int space_pairs(struct space *space, const struct space_request *request, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		LIST_HEAD(list);
		int error = alloc(space, request, &list);

		if (error)
			return error;
		gpu_buddy_free_list(&space->mm, &list, request->free_flags);
	}
	return 0;
}

int space_churn(struct space *space, const struct space_request *request, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct gpu_buddy_block **block =
			&space->live[next_random(&space->random) % space->count];
		int error;

		free_block(space, request, *block);
		error = alloc_block(space, request, block);
		if (error)
			return error;
	}
	return 0;
}

int space_failures(struct space *space, const struct space_request *request, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		LIST_HEAD(list);

		if (alloc(space, request, &list) != -ENOSPC)
			return -EEXIST;
	}
	return 0;
}

static bool fits_into_half(const struct space *space, u64 size)
{
	return space->mm.size - space->mm.avail + size <= space->mm.size / 2;
}

static int job_alloc(struct space *space, struct space_request *request)
{
	int error = alloc_block(space, request, &space->live[space->count]);

	if (!error)
		space->count++;
	return error;
}

/* Half of the space in chunks is the most that can be live. */
static int make_room_for_job(struct space *space)
{
	if (!space->live)
		space->live =
			calloc(space->mm.size / space->mm.chunk_size / 2, sizeof(*space->live));
	return space->live ? 0 : -ENOMEM;
}

int space_job(struct space *space, const struct space_request *request, size_t count)
{
	struct space_request next = *request;
	int error = make_room_for_job(space);

	for (size_t i = 0; i < count && !error; i++) {
		next.size = request->size << (next_random(&space->random) >> 8) % 10;
		if (fits_into_half(space, next.size)) {
			error = job_alloc(space, &next);
		} else {
			size_t place = next_random(&space->random) % space->count;

			free_block(space, request, space->live[place]);
			space->live[place] = space->live[--space->count];
		}
	}
	return error;
}

u64 space_count_blocks(const struct space *space)
{
	u64 count = 0;

	for (unsigned int order = 0; order <= space->mm.max_order; order++)
		count += space->mm.free_scoreboard[order] + space->mm.used_scoreboard[order];
	return count;
}

static unsigned int state_of(const struct gpu_buddy_block *block)
{
	return block->header & GPU_BUDDY_HEADER_STATE;
}

static void copy(const struct space_columns *columns, size_t row, struct gpu_buddy_block *block)
{
	bool is_allocated = state_of(block) == GPU_BUDDY_ALLOCATED;

	columns->offsets[row] = gpu_buddy_block_offset(block);
	columns->orders[row] = (u8)gpu_buddy_block_order(block);
	columns->states[row] = (is_allocated ? 1 : 0) | (gpu_buddy_block_is_clear(block) ? 2 : 0);
	columns->tags[row] = is_allocated ? (double)(uintptr_t)block->private : 0;
}

void space_walk(const struct space *space, const struct space_columns *columns)
{
	size_t row = 0;

	for (unsigned int i = 0; i < space->mm.n_roots; i++) {
		/* The right halves that are still to come. */
		struct gpu_buddy_block *waiting[GPU_BUDDY_MAX_ORDER + 1];
		unsigned int depth = 0;

		waiting[depth++] = space->mm.roots[i];
		while (depth) {
			struct gpu_buddy_block *block = waiting[--depth];

			for (; state_of(block) == GPU_BUDDY_SPLIT; block = block->left)
				waiting[depth++] = block->right;
			copy(columns, row++, block);
		}
	}
}

static int copy_once(const struct space *space)
{
	u64 count = space_count_blocks(space);
	struct space_columns columns = {
		.offsets = malloc(count * sizeof(*columns.offsets)),
		.orders = malloc(count * sizeof(*columns.orders)),
		.states = malloc(count * sizeof(*columns.states)),
		.tags = malloc(count * sizeof(*columns.tags)),
	};
	int error = -ENOMEM;

	if (columns.offsets && columns.orders && columns.states && columns.tags) {
		space_walk(space, &columns);
		error = 0;
	}
	free(columns.offsets);
	free(columns.orders);
	free(columns.states);
	free(columns.tags);
	return error;
}

int space_copy(struct space *space, const struct space_request *request, size_t count)
{
	int error = 0;

	(void)request;
	for (size_t i = 0; i < count && !error; i++)
		error = copy_once(space);
	return error;
}
