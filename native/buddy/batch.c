/* Does the operations of a batch, see batch.h. */
#include <buddy/account.h>
#include <buddy/batch.h>
#include <buddy/lists.h>

/* Rows before a list is freed at which its name is fetched; the rest follows, see buddy_run_fetch_ahead(). */
#define ROWS_TO_NAME 28

/* A batch in work. */
struct work {
	struct buddy_owner *owner;
	struct buddy_handle *handle;
	struct buddy_batch *batch;

	/* The columns of the results. */
	uint64_t *offsets;
	uint32_t *counts;
	uint8_t *orders, *clear, *statuses;
	/* The rows of the group. */
	u32 *nodes;

	/* The next operation, or the one in work; where to stop, at the latest. */
	size_t row, end;
	bool stops_at_failure, stopped;
	/* The list of the last allocation. */
	struct buddy_list list;
	/* The request of the last allocation. */
	struct buddy_prepared prepared;
	u32 request;
	/* True if that request's account exists. */
	enum buddy_status account_status;
	/* The operation in work has freed a list, even where a BUG followed. */
	uint64_t freed;
	struct buddy_ahead ahead;
	/* Rows of `blocks` that are filled. */
	u64 used;
	/* Lists in the group. */
	size_t lists;
	/* The last failure. */
	enum buddy_status status;
	/* A handle that was given up has lost its last user: it is closed when the lock is not held. */
	bool has_ended_handle;
};

static void read_request(struct work *work, const struct buddy_request_record *record, u64 size)
{
	buddy_read_request(record, size, &work->prepared);
	work->account_status =
		buddy_owner_find_account(work->owner, work->handle->allocator, &record->account,
					 &work->prepared.request.account);
}

/* Reads what an allocation asks for, unless that is known from the one before. */
static void prepare(struct work *work, const struct buddy_record *record, bool is_raw)
{
	static const struct buddy_request_record nothing;
	const struct buddy_batch *batch = work->batch;
	u64 size = buddy_number_in(&record->size, record->what & BUDDY_RECORD_WIDE);

	if (record->request == work->request && size == work->prepared.size &&
	    !(is_raw && work->prepared.is_known))
		return;
	work->request = record->request;
	read_request(work,
		     work->request < batch->request_count ? &batch->requests[work->request] :
							    &nothing,
		     size);
}

/* The freeing that comes so many operations from now, or NULL. */
static const struct buddy_record *freeing_ahead(const struct work *work, size_t rows)
{
	const struct buddy_record *record;

	if (rows >= work->end - work->row)
		return NULL;
	record = &work->batch->records[work->row + rows];
	return buddy_record_frees(record) ? record : NULL;
}

/* The row of the group that a record frees; NULL where that is none. */
static u32 *row_meant(const struct work *work, const struct buddy_record *record)
{
	return work->nodes && record->slot < work->row ? &work->nodes[record->slot] : NULL;
}

/* Fetches an existing list, if it comes from this allocator. */
static bool find_meant(const struct work *work, const struct buddy_record *record,
		       struct buddy_meant *meant)
{
	return buddy_owner_meant(work->owner, record->slot, record->generation, meant) &&
	       meant->handle->allocator == work->handle->allocator;
}

/* The node of a list that will be freed; BUDDY_NO_NODE where that is not known. */
static u32 node_meant(const struct work *work, const struct buddy_record *record)
{
	struct buddy_meant meant;

	if (record->what & BUDDY_RECORD_IN_BATCH) {
		const u32 *row = row_meant(work, record);

		return row ? *row - 1 : BUDDY_NO_NODE;
	}
	return buddy_owner_meant(work->owner, record->slot, record->generation, &meant) ?
		       meant.name.node :
		       BUDDY_NO_NODE;
}

/* Asks for what freeing needs some operations ahead, in the order in which one leads to the other. */
static void fetch_ahead(struct work *work)
{
	const struct buddy_record *record = freeing_ahead(work, ROWS_TO_NAME);

	if (record && !(record->what & BUDDY_RECORD_IN_BATCH))
		slots_fetch(&work->owner->guards, record->slot);
	else if (record && row_meant(work, record))
		__builtin_prefetch(row_meant(work, record), 1);

	record = freeing_ahead(work, BUDDY_ROWS_AHEAD);
	buddy_run_fetch_ahead(work->handle->allocator, work->handle->owner, &work->ahead,
			      record ? node_meant(work, record) : BUDDY_NO_NODE);
}

/* Ends the current operation. */
static void end(struct work *work, enum buddy_status status)
{
	if (status) {
		work->status = status;
		work->batch->met_poison |= status == BUDDY_POISONED;
		work->statuses[work->row] = (uint8_t)status;
		work->stopped = work->stops_at_failure;
	}
	work->row++;
}

static void write_list(struct work *work)
{
	const struct buddy_list *list = &work->list;
	const struct buddy_batch *batch = work->batch;
	size_t row = work->row;
	struct buddy_block_info first;

	if (!list->first)
		return;
	first = buddy_first(list);
	work->counts[row] = (u32)min(buddy_count(list), (uint64_t)UINT32_MAX);
	buddy_write_cell(&work->offsets[row], batch->base_offset + first.offset, batch->as_doubles);
	work->orders[row] = (uint8_t)first.order;
	work->clear[row] = first.clear;
}

static void end_alloc(struct work *work, const struct buddy_record *record,
		      enum buddy_status status)
{
	bool is_ours = record->what & BUDDY_RECORD_IN_BATCH;

	write_list(work);
	if (!is_ours && work->list.allocator) {
		buddy_owner_guard(work->owner, record->slot, work->handle, &work->list);
	} else if (is_ours && work->list.first) {
		work->nodes[work->row] = buddy_name_of(&work->list).node + 1;
		work->lists++;
	}
	end(work, status);
}

static void alloc(struct work *work, const struct buddy_record *record)
{
	struct buddy_allocator *allocator = work->handle->allocator;
	bool is_raw = (record->what & BUDDY_RECORD_KIND) != BUDDY_RECORD_ALLOC;
	bool is_ours = record->what & BUDDY_RECORD_IN_BATCH;

	buddy_list_init(&work->list, work->handle->owner);
	if (is_ours ? !work->nodes : !slots_at(&work->owner->guards, record->slot)) {
		end(work, BUDDY_NO_MEMORY);
		return;
	}
	prepare(work, record, is_raw);
	if (work->account_status) {
		end(work, work->account_status);
		return;
	}
	end_alloc(work, record,
		  is_raw ? buddy_run_alloc_raw(allocator, &work->list, &work->prepared.request) :
			   buddy_run_alloc(allocator, &work->list, &work->prepared));
}

/* Counts a list less in the group. */
static void take_from_row(struct work *work, u32 *row)
{
	*row = 0;
	work->lists--;
	work->freed++;
}

static void free_row(struct work *work, const struct buddy_record *record)
{
	struct buddy_allocator *allocator = work->handle->allocator;
	u32 *row = row_meant(work, record);
	struct buddy_list list;

	if (!row || !*row || !buddy_run_find_node(allocator, work->handle->owner, *row - 1, &list))
		return;
	take_from_row(work, row);
	buddy_run_free(allocator, &list, record->what & BUDDY_RECORD_CLEARED);
}

/* Counts a user of a handle less. */
static void release(struct work *work, struct buddy_handle *handle)
{
	handle->users--;
	work->has_ended_handle |= handle->disposed && !handle->users;
}

static void free_meant(struct work *work, const struct buddy_record *record)
{
	struct buddy_meant meant;

	if (!find_meant(work, record, &meant))
		return;
	if (meant.is_empty) {
		buddy_owner_forget(work->owner, meant.guard);
		release(work, meant.handle);
	} else {
		buddy_run_free_named(work->handle->allocator, meant.handle->owner, meant.name,
				     record->what & BUDDY_RECORD_CLEARED, &work->freed);
	}
}

/* Ends the current operation, a free. */
static void end_free(struct work *work, const struct buddy_record *record, enum buddy_status status)
{
	struct buddy_meant meant;

	if (work->freed && !(record->what & BUDDY_RECORD_IN_BATCH) &&
	    find_meant(work, record, &meant))
		release(work, meant.handle);
	end(work, work->freed ? status : BUDDY_OK);
	work->freed = 0;
}

static void free_list(struct work *work, const struct buddy_record *record)
{
	if (record->what & BUDDY_RECORD_IN_BATCH)
		free_row(work, record);
	else
		free_meant(work, record);
	end_free(work, record, BUDDY_OK);
}

/* Notes for whoever watches what there is after the operation before `row`. */
static void watch(struct work *work, const struct buddy_record *record)
{
	struct buddy_batch *batch = work->batch;
	double *cells = batch->state + BUDDY_BATCH_STATE_CELLS * (work->row - 1);
	struct buddy_avail avail = buddy_run_avail(work->handle->allocator);

	cells[0] = (double)avail.avail;
	cells[1] = (double)avail.clear_avail;
	cells[2] = (double)avail.kernel_warnings;
	if (buddy_record_frees(record) || buddy_count(&work->list) < 2)
		return;
	work->stopped = !buddy_run_read(&work->list, &batch->blocks, work->used);
	work->used += buddy_count(&work->list);
}

static enum buddy_status do_some(struct buddy_allocator *allocator, void *arguments)
{
	struct work *work = arguments;
	size_t last = min(work->end, work->row + BUDDY_LONGEST_RUN);
	u64 shortages = allocator->shortages;

	if (work->batch->group && work->row == work->batch->first)
		work->batch->group->shortages = buddy_run_shortages_beside(work->handle);
	while (work->row < last && !work->stopped) {
		const struct buddy_record *record = &work->batch->records[work->row];

		fetch_ahead(work);
		if (buddy_record_frees(record))
			free_list(work, record);
		else
			alloc(work, record);
		if (work->batch->state)
			watch(work, record);
	}
	/* Does not count the batch's own failure, which would wake a caller that retries it. */
	if (work->stops_at_failure)
		work->handle->shortages += allocator->shortages - shortages;
	return BUDDY_OK;
}

/* Ends an operation that has met a BUG, or that belongs to a poisoned allocator. */
static void abandon(struct work *work)
{
	const struct buddy_record *record = &work->batch->records[work->row];
	u32 *row = row_meant(work, record);
	struct buddy_meant meant;

	if (!buddy_record_frees(record)) {
		buddy_list_init(&work->list, work->handle->owner);
		end_alloc(work, record, BUDDY_POISONED);
		return;
	}
	if (record->what & BUDDY_RECORD_IN_BATCH) {
		if (row && *row)
			take_from_row(work, row);
	} else if (find_meant(work, record, &meant)) {
		work->freed += buddy_abandon_named(work->handle->allocator, meant.handle->owner,
						   meant.name);
	}
	end_free(work, record, BUDDY_POISONED);
}

/* Does the operations from the next one to `end`; up to the first that fails, if it `stops_at_failure`. */
static void do_until(struct work *work, size_t end)
{
	work->end = end;
	while (work->row < end && !work->stopped)
		if (buddy_run(work->handle->allocator, do_some, work) == BUDDY_POISONED)
			abandon(work);
}

/* Does the operations that are all or nothing. Returns the status of the one that failed. */
static enum buddy_status do_whole(struct work *work)
{
	struct buddy_batch *batch = work->batch;

	work->stops_at_failure = true;
	do_until(work, batch->first + batch->whole);
	work->stops_at_failure = false;
	if (!work->stopped)
		return BUDDY_OK;
	if (batch->group)
		buddy_owner_free_rows(batch->group, batch->first, BUDDY_CLOSE_UNDONE);
	/* The one that failed counts neither. */
	work->row--;
	return work->status;
}

/* Makes room for the lists of the batch. */
static enum buddy_status fill_group(struct buddy_group *group, struct buddy_handle *handle,
				    size_t rows)
{
	if (group->nodes)
		return BUDDY_LIST_IN_USE;
	if (!buddy_owner_size_group(group, rows))
		return BUDDY_NO_MEMORY;
	group->handle = handle;
	handle->users++;
	return BUDDY_OK;
}

static struct work begin(struct buddy_owner *owner, struct buddy_handle *handle,
			 struct buddy_batch *batch)
{
	struct work work = { .owner = owner, .handle = handle, .batch = batch };
	uint8_t *columns = batch->results;
	size_t rows = batch->rows;

	work.offsets = (uint64_t *)(columns + BUDDY_BATCH_OFFSET * rows);
	work.counts = (uint32_t *)(columns + BUDDY_BATCH_COUNT * rows);
	work.orders = columns + BUDDY_BATCH_ORDER * rows;
	work.clear = columns + BUDDY_BATCH_CLEAR * rows;
	work.statuses = columns + BUDDY_BATCH_STATUS * rows;
	work.nodes = batch->group ? batch->group->nodes : NULL;
	work.row = batch->first;
	work.request = ~0U;
	return work;
}

enum buddy_status buddy_run_batch(struct buddy_owner *owner, struct buddy_handle *handle,
				  struct buddy_batch *batch)
{
	struct buddy_group *group = batch->group;
	enum buddy_status status = group ? fill_group(group, handle, batch->rows) : BUDDY_OK;
	struct work work;

	batch->done = 0;
	batch->holds_lists = batch->met_poison = false;
	if (status)
		return status;

	work = begin(owner, handle, batch);
	status = do_whole(&work);
	if (!status)
		do_until(&work, batch->first + batch->count);
	batch->done = work.row - batch->first;
	batch->holds_lists = !status && work.lists;
	if (group && !batch->holds_lists)
		buddy_owner_empty_group(owner, group);
	if (work.has_ended_handle)
		buddy_owner_close_ended(owner);
	return status;
}
