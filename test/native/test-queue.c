/* Frees that wait in JavaScript's memory, and the allocation behind them: native/buddy/queue.c. */
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/queue.h>

enum { ROOM = 16 };

static struct {
	struct buddy_pool_header header;
	struct buddy_pool_entry entries[ROOM];
} memory;

static struct buddy_owner owner;
static struct buddy_allocator *allocator;
static uint32_t handle, pool_slot;
static struct buddy_prepared prepared;

static struct buddy_handle *open_handle(void)
{
	return buddy_owner_handle(&owner, handle);
}

static struct buddy_pool *pool(void)
{
	return buddy_pool_at(&owner, pool_slot);
}

/* Begins with an owner of an allocator, which the test has another reference to, and a pool. */
static void start(void)
{
	allocator = new_allocator(MIB);
	buddy_get(allocator);
	buddy_owner_init(&owner);
	handle = buddy_owner_take(&owner, allocator, true);
	pool_slot = buddy_pool_open(&owner, open_handle());
	buddy_pool_move(pool(), &memory, ROOM);
	prepared = (struct buddy_prepared){
		.request = { .size = CHUNK, .end = MIB, .min_block_size = CHUNK },
	};
}

static void end(void)
{
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

/* A list of one chunk, as it stands in the queue. */
static struct buddy_queued alloc_list(void)
{
	struct buddy_list list = { .owner = open_handle()->owner };
	struct buddy_report report;

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK));
	buddy_report(&list, &report);
	open_handle()->users++;
	return (struct buddy_queued){
		.slot = handle,
		.node = (uint32_t)report.node,
		.generation = (uint32_t)report.generation,
		.what = (uint32_t)report.shape & ~(BUDDY_QUEUED_CLEARED | BUDDY_QUEUED_IN_POOL),
	};
}

/* Allocates a chunk in the pool, as it stands in the queue. */
static struct buddy_queued alloc_in_pool(void)
{
	struct buddy_list list = { .owner = pool()->owner };
	uint32_t index;

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK));
	index = buddy_pool_add(pool(), &list);
	return (struct buddy_queued){
		.slot = pool_slot,
		.node = index,
		.generation = (uint32_t)pool()->entries[index].generation,
		.what = BUDDY_QUEUED_IN_POOL,
	};
}

static uint64_t clear_avail(void)
{
	struct buddy_avail avail;

	buddy_avail(allocator, &avail);
	return avail.clear_avail;
}

TEST("lists and allocations of pools are freed in turn, each once")
{
	start();
	const struct buddy_queued queue[] = { alloc_list(),    alloc_list(), alloc_in_pool(),
					      alloc_in_pool(), alloc_list(), alloc_in_pool() };

	CHECK_EQ(avail_of(allocator), MIB - 6 * CHUNK);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(buddy_free_queued(&owner, queue, 6));
		CHECK_EQ(avail_of(allocator), MIB);
		CHECK_EQ(pool()->length, 0);
		/* The pool. */
		CHECK_EQ(open_handle()->users, 1);
	}
	end();
}

TEST("a list freed as clear is clear")
{
	start();
	struct buddy_queued queue[] = { alloc_list(), alloc_in_pool() };

	queue[0].what |= BUDDY_QUEUED_CLEARED;
	CHECK_OK(buddy_free_queued(&owner, queue, 1));
	CHECK_EQ(clear_avail(), CHUNK);
	queue[1].what |= BUDDY_QUEUED_CLEARED;
	CHECK_OK(buddy_free_queued(&owner, queue + 1, 1));
	CHECK_EQ(clear_avail(), 2 * CHUNK);
	end();
}

TEST("numbers that stand for nothing free nothing")
{
	start();
	const struct buddy_queued list = alloc_list(), item = alloc_in_pool();
	const struct buddy_queued made_up[] = {
		{ list.slot, list.node, list.generation + 1, list.what },
		{ list.slot, list.node, list.generation, list.what + (1U << 16) },
		{ list.slot, list.node + 1, list.generation, list.what },
		{ list.slot + 1, list.node, list.generation, list.what },
		{ ~0U, ~0U, ~0U, 0 },
		{ item.slot, item.node, item.generation + 1, item.what },
		{ item.slot, item.node + 1, item.generation, item.what },
		{ item.slot + 1, item.node, item.generation, item.what },
		{ ~0U, ~0U, ~0U, BUDDY_QUEUED_IN_POOL },
		/* A list of the pool's is none of the environment's. */
		{ handle, pool()->entries[item.node].node, item.generation, list.what },
	};

	CHECK_OK(buddy_free_queued(&owner, made_up, sizeof(made_up) / sizeof(*made_up)));
	CHECK_EQ(avail_of(allocator), MIB - 2 * CHUNK);
	CHECK_OK(buddy_free_queued(&owner, &list, 1));
	CHECK_OK(buddy_free_queued(&owner, &item, 1));
	end();
}

TEST("a handle that is disposed of goes with its last list in the queue")
{
	start();
	const struct buddy_queued queue[] = { alloc_list(), alloc_list() };

	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	buddy_pool_close(&owner, pool_slot);
	CHECK_OK(buddy_free_queued(&owner, queue, 1));
	CHECK_EQ(open_handle()->users, 1);
	CHECK_OK(buddy_free_queued(&owner, queue, 2));
	CHECK_SAME(open_handle(), NULL);
	end();
}

TEST("an allocation shares its run with the frees right before it, of its own kind and slot only")
{
	const struct buddy_queued queue[] = {
		{ .slot = 1 }, { .slot = 2 },
		{ .slot = 2 }, { .slot = 2, .what = BUDDY_QUEUED_IN_POOL },
		{ .slot = 2 }, { .slot = 2, .what = BUDDY_QUEUED_CLEARED },
	};

	CHECK_SAME(buddy_queue_tail(queue, queue + 6, 2, false), queue + 4);
	CHECK_SAME(buddy_queue_tail(queue, queue + 6, 2, true), queue + 6);
	CHECK_SAME(buddy_queue_tail(queue, queue + 4, 2, true), queue + 3);
	CHECK_SAME(buddy_queue_tail(queue, queue + 3, 2, false), queue + 1);
	CHECK_SAME(buddy_queue_tail(queue, queue + 1, 1, false), queue);
	CHECK_SAME(buddy_queue_tail(queue, queue, 1, false), queue);
}

TEST("an allocation has what is freed right before it")
{
	start();
	const struct buddy_queued queue[] = { alloc_list(), alloc_list() };
	struct buddy_list rest = { .owner = open_handle()->owner };
	struct buddy_list list = { .owner = open_handle()->owner };
	struct buddy_shortage shortage = { 0 };
	struct buddy_exchange exchange = { .handle = open_handle(),
					   .next = queue,
					   .end = queue + 2,
					   .list = &list,
					   .prepared = &prepared,
					   .shortage = &shortage };

	CHECK_OK(ALLOC(allocator, &rest, .size = MIB - 2 * CHUNK));
	prepared.request.size = 2 * CHUNK;
	CHECK_OK(buddy_exchange(&exchange));
	CHECK_EQ(exchange.freed, 2);
	CHECK_EQ(avail_of(allocator), 0);
	CHECK_EQ(shortage.avail, 0);

	struct buddy_list more = { .owner = open_handle()->owner };
	exchange.list = &more;
	CHECK_STATUS(buddy_exchange(&exchange), NO_SPACE);
	CHECK_EQ(shortage.avail, 0);
	CHECK_EQ(shortage.largest_free, 0);
	CHECK_EQ(exchange.freed, 2);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&rest, false));
	buddy_owner_release(&owner, open_handle(), exchange.freed);
	end();
}

TEST("after a BUG what waits ends without being freed, and the others are freed all the same")
{
	start();
	struct buddy_allocator *other = new_allocator(MIB);
	uint32_t other_handle = buddy_owner_take(&owner, other, true);
	struct buddy_list list = { .owner = buddy_owner_handle(&owner, other_handle)->owner };
	struct buddy_report report;
	struct buddy_queued queue[] = { alloc_list(), alloc_in_pool(), { 0 } };

	CHECK_OK(ALLOC(other, &list, .size = CHUNK));
	buddy_report(&list, &report);
	buddy_owner_handle(&owner, other_handle)->users++;
	queue[2] =
		(struct buddy_queued){ other_handle, (uint32_t)report.node,
				       (uint32_t)report.generation, (uint32_t)report.shape & ~3U };
	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	CHECK_STATUS(buddy_free_queued(&owner, queue, 3), POISONED);
	CHECK_EQ(open_handle()->users, 1);
	CHECK_EQ(pool()->length, 0);
	CHECK_EQ(avail_of(other), MIB);
	CHECK_STATUS(buddy_free_queued(&owner, queue, 3), POISONED);
	CHECK_EQ(open_handle()->users, 1);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}
