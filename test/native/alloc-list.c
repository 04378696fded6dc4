/* Allocation by the entries that Node uses, see alloc-list.h. */
#include "alloc-list.h"

#include <buddy/batch.h>
#include <buddy/lists.h>
#include <buddy/queue.h>

enum buddy_status alloc_list(struct buddy_allocator *allocator, struct buddy_list *list,
			     const struct buddy_request *request)
{
	struct buddy_handle handle = { .allocator = allocator, .owner = list->owner };
	struct buddy_prepared prepared = { .request = *request };
	struct buddy_exchange exchange = { .handle = &handle, .list = list, .prepared = &prepared };

	return buddy_exchange(&exchange);
}

static double wide(uint64_t number)
{
	double cell;

	memcpy(&cell, &number, sizeof(cell));
	return cell;
}

static struct buddy_request_record record_of(const struct buddy_request *request)
{
	return (struct buddy_request_record){
		.flags = (uint32_t)request->flags,
		.wide = BUDDY_WIDE_MIN_BLOCK_SIZE | BUDDY_WIDE_START | BUDDY_WIDE_END |
			BUDDY_WIDE_TAG,
		.min_block_size = wide(request->min_block_size),
		.start = wide(request->start),
		.end = wide(request->end),
		.tag = wide(request->tag),
	};
}

/* Runs a batch of one record. Returns the status of its operation. */
static enum buddy_status run_one(struct buddy_owner *owner, struct buddy_handle *handle,
				 const struct buddy_record *record,
				 const struct buddy_request_record *request)
{
	union {
		uint64_t cells[2];
		uint8_t bytes[BUDDY_BATCH_BYTES_PER_ROW];
	} results = { { 0 } };
	struct buddy_batch batch = {
		.records = record,
		.requests = request,
		.request_count = 1,
		.results = &results,
		.rows = 1,
		.count = 1,
	};
	enum buddy_status status = buddy_run_batch(owner, handle, &batch);

	return status ? status : (enum buddy_status)results.bytes[BUDDY_BATCH_STATUS];
}

enum buddy_status alloc_list_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				 const struct buddy_request *request)
{
	const struct buddy_request_record asked = record_of(request);
	u32 id = list->owner;
	struct buddy_record record = {
		.what = BUDDY_RECORD_ALLOC_RAW | BUDDY_RECORD_WIDE,
		.size = wide(request->size),
	};
	struct buddy_handle *handle;
	struct buddy_owner owner;
	enum buddy_status status;

	buddy_owner_init(&owner);
	handle = buddy_owner_handle(&owner, slots_open(&owner.handles));
	*handle = (struct buddy_handle){ .allocator = allocator, .owner = id };
	record.slot = buddy_owner_open_guard(&owner);
	status = run_one(&owner, handle, &record, &asked);
	if (buddy_owner_find(&owner, record.slot, BUDDY_ANY_GENERATION, list))
		buddy_list_init(list, id);
	/* The list is the caller's now. */
	slots_destroy(&owner.guards);
	slots_destroy(&owner.handles);
	return status;
}
