/* Operations in a row, see run.h. */
#include <buddy/allocator.h>
#include <buddy/run.h>

/* gcc's analyzer loses count of the operations. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-use-of-uninitialized-value"
#endif

struct progress {
	struct buddy_operation *next, *end;
	struct buddy_sink *sink;
	bool stops_at_failure;
	bool stopped;
};

static bool gives_back(const struct buddy_operation *operation)
{
	return operation->kind == BUDDY_FREE || operation->kind == BUDDY_UNDO;
}

/* NULL where there is nobody to ask: the list that should be freed holds nothing. */
static struct buddy_allocator *allocator_of(const struct buddy_operation *operation)
{
	return gives_back(operation) ? operation->list->allocator : operation->allocator;
}

static enum buddy_status perform(struct buddy_allocator *allocator,
				 struct buddy_operation *operation)
{
	struct buddy_list *list = operation->list;
	bool allocates = !gives_back(operation);

	if (allocates && list->allocator)
		return BUDDY_LIST_IN_USE;

	kernel_begin(&allocator->context, allocates ? allocator->step_limit : 0);
	switch (operation->kind) {
	case BUDDY_ALLOC:
		return buddy_perform_alloc(allocator, list, operation->prepared);
	case BUDDY_ALLOC_RAW:
		return buddy_perform_alloc_raw(allocator, list, &operation->prepared->request);
	case BUDDY_FREE:
		return buddy_perform_free(allocator, list, operation->cleared);
	case BUDDY_UNDO:
		return buddy_perform_undo(allocator, list);
	}
	__builtin_unreachable();
}

static void copy_blocks(struct buddy_sink *sink, const struct buddy_list *list)
{
	struct gpu_buddy_block *block;

	sink->full = list->count > sink->columns.capacity - sink->used;
	if (sink->full)
		return;
	list_for_each_entry(block, &list->blocks, link)
		buddy_copy_block(&sink->columns, sink->used++, block);
}

static void tell_sink(struct progress *progress, const struct buddy_allocator *allocator,
		      const struct buddy_list *list)
{
	struct buddy_sink *sink = progress->sink;

	*sink->avail++ = (struct buddy_avail){ allocator->mm.avail, allocator->mm.clear_avail,
					       allocator->context.warnings };
	if (list->count > 1)
		copy_blocks(sink, list);
	progress->stopped = sink->full;
}

static void describe_list(struct buddy_operation *operation)
{
	const struct buddy_list *list = operation->list;
	struct gpu_buddy_block *first;

	operation->count = list->count;
	if (!list->count)
		return;
	first = list_first_entry(&list->blocks, struct gpu_buddy_block, link);
	operation->offset = gpu_buddy_block_offset(first);
	operation->order = gpu_buddy_block_order(first);
	operation->clear = gpu_buddy_block_is_clear(first);
}

static void step(struct progress *progress)
{
	if (progress->next++->status && progress->stops_at_failure)
		progress->stopped = true;
}

static bool goes_on(const struct progress *progress)
{
	return progress->next < progress->end && !progress->stopped;
}

/*
 * The blocks of the lists that will be freed, and the nodes around them, lie scattered in memory: asked for all at once, they
 * come in the time of one.
 */
static void fetch_ahead(const struct progress *progress)
{
	const struct buddy_operation *operation;

	for (operation = progress->next; operation < progress->end; operation++)
		if (!operation->status && gives_back(operation))
			__builtin_prefetch(operation->list->blocks.next, 1);
}

/* All operations up to the first that concerns another allocator, or cannot be done at all. */
static enum buddy_status perform_row(struct buddy_allocator *allocator, void *arguments)
{
	struct progress *progress = arguments;

	while (goes_on(progress) && !progress->next->status &&
	       allocator_of(progress->next) == allocator) {
		progress->next->status = perform(allocator, progress->next);
		if (!gives_back(progress->next))
			describe_list(progress->next);
		if (progress->sink)
			tell_sink(progress, allocator, progress->next->list);
		step(progress);
	}
	return BUDDY_OK;
}

/* Of a poisoned allocator. The BUG may have left blocks behind that nobody may look for. */
static enum buddy_status abandon(struct buddy_allocator *allocator,
				 struct buddy_operation *operation)
{
	if (!gives_back(operation) && operation->list->allocator)
		return BUDDY_LIST_IN_USE;

	buddy_list_init(operation->list);
	if (gives_back(operation))
		buddy_put(allocator);
	return BUDDY_POISONED;
}

size_t buddy_run(const struct buddy_run *run)
{
	struct progress progress = { run->operations, run->operations + run->count, run->sink,
				     run->stops_at_failure, false };

	if (run->count > 2)
		fetch_ahead(&progress);

	while (goes_on(&progress)) {
		struct buddy_operation *operation = progress.next;
		struct buddy_allocator *allocator =
			operation->status ? NULL : allocator_of(operation);

		if (allocator && buddy_call(allocator, perform_row, &progress, 0) == BUDDY_OK)
			continue;
		operation = progress.next;
		if (allocator)
			operation->status = abandon(allocator, operation);
		else if (!operation->status)
			operation->status = BUDDY_FREED;
		operation->count = 0;
		if (progress.sink)
			*progress.sink->avail++ = (struct buddy_avail){ 0 };
		step(&progress);
	}
	return (size_t)(progress.next - run->operations);
}

static enum buddy_status run_one(struct buddy_operation operation)
{
	buddy_run(&(struct buddy_run){ .operations = &operation, .count = 1 });
	return operation.status;
}

static enum buddy_status alloc_one(enum buddy_operation_kind kind,
				   struct buddy_allocator *allocator, struct buddy_list *list,
				   const struct buddy_request *request)
{
	struct buddy_prepared prepared = { .request = *request };

	return run_one((struct buddy_operation){
		.kind = kind, .allocator = allocator, .list = list, .prepared = &prepared });
}

enum buddy_status buddy_alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				  const struct buddy_request *request)
{
	return alloc_one(BUDDY_ALLOC_RAW, allocator, list, request);
}

enum buddy_status buddy_alloc(struct buddy_allocator *allocator, struct buddy_list *list,
			      const struct buddy_request *request)
{
	return alloc_one(BUDDY_ALLOC, allocator, list, request);
}

enum buddy_status buddy_free(struct buddy_list *list, bool cleared)
{
	if (!list->allocator)
		return BUDDY_OK;
	return run_one(
		(struct buddy_operation){ .kind = BUDDY_FREE, .list = list, .cleared = cleared });
}
