/* Frees in a row, and an allocation behind them, see queue.h. */
#include <buddy/lists.h>
#include <buddy/queue.h>

static struct buddy_name name_of(const struct buddy_queued *queued)
{
	u64 high = queued->what >> BUDDY_SHAPE_GENERATION_SHIFT;

	return (struct buddy_name){ queued->node,
				    high << BUDDY_LOW_GENERATION_BITS | queued->generation };
}

static bool is_in_pool(const struct buddy_queued *queued)
{
	return queued->what & BUDDY_QUEUED_IN_POOL;
}

static bool is_cleared(const struct buddy_queued *queued)
{
	return queued->what & BUDDY_QUEUED_CLEARED;
}

static enum buddy_status exchange_in_run(struct buddy_allocator *allocator, void *arguments)
{
	struct buddy_exchange *exchange = arguments;
	enum buddy_status status;

	for (; exchange->next < exchange->end; exchange->next++) {
		const struct buddy_queued *next = exchange->next;

		if (exchange->pool)
			buddy_pool_run_free(allocator, exchange->pool, next->node,
					    (int32_t)next->generation, is_cleared(next));
		else
			buddy_run_free_named(allocator, exchange->handle->owner, name_of(next),
					     is_cleared(next), &exchange->freed);
	}
	if (!exchange->list)
		return BUDDY_OK;
	status = buddy_run_alloc(allocator, exchange->list, exchange->prepared);
	if (unlikely(status) && exchange->shortage && buddy_is_shortage(status))
		buddy_run_explain(allocator, &exchange->prepared->request, exchange->shortage);
	return status;
}

/* Ends the entries of a poisoned allocator, in which nothing can be freed. */
static void abandon(struct buddy_exchange *exchange)
{
	const struct buddy_handle *handle = exchange->handle;

	for (; exchange->next < exchange->end; exchange->next++) {
		const struct buddy_queued *next = exchange->next;

		if (exchange->pool)
			buddy_pool_abandon(exchange->pool, next->node, (int32_t)next->generation);
		else
			exchange->freed += buddy_abandon_named(handle->allocator, handle->owner,
							       name_of(next));
	}
}

enum buddy_status buddy_exchange(struct buddy_exchange *exchange)
{
	enum buddy_status status =
		buddy_run(exchange->handle->allocator, exchange_in_run, exchange);

	if (status == BUDDY_POISONED)
		abandon(exchange);
	return status;
}

static bool is_for(const struct buddy_queued *queued, u32 slot, bool is_pool)
{
	return queued->slot == slot && is_in_pool(queued) == is_pool;
}

const struct buddy_queued *buddy_queue_tail(const struct buddy_queued *queue,
					    const struct buddy_queued *end, uint32_t slot,
					    bool is_pool)
{
	while (end > queue && is_for(end - 1, slot, is_pool))
		end--;
	return end;
}

/* Frees from `first` on what goes through the same handle, or out of the same pool. Returns the end of it. */
static const struct buddy_queued *free_beside(struct buddy_owner *owner,
					      const struct buddy_queued *first,
					      const struct buddy_queued *end,
					      enum buddy_status *status)
{
	bool in_pool = is_in_pool(first);
	struct buddy_pool *pool = in_pool ? buddy_pool_at(owner, first->slot) : NULL;
	struct buddy_exchange exchange = { .pool = pool, .next = first, .end = first };

	if (in_pool)
		exchange.handle = pool ? pool->handle : NULL;
	else
		exchange.handle = buddy_owner_handle(owner, first->slot);
	for (; exchange.end < end && is_for(exchange.end, first->slot, in_pool); exchange.end++)
		if (exchange.handle && !pool)
			buddy_fetch_ahead(exchange.handle->allocator, exchange.end->node);
	/* Skips an entry whose handle is gone: its list is gone, too. */
	if (!exchange.handle)
		return exchange.end;

	if (buddy_exchange(&exchange) == BUDDY_POISONED)
		*status = BUDDY_POISONED;
	buddy_owner_release(owner, exchange.handle, exchange.freed);
	return exchange.end;
}

enum buddy_status buddy_free_queued(struct buddy_owner *owner, const struct buddy_queued *queued,
				    size_t count)
{
	const struct buddy_queued *end = queued + count;
	enum buddy_status status = BUDDY_OK;

	while (queued < end)
		queued = free_beside(owner, queued, end, &status);
	return status;
}
