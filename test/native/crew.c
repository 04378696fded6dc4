/* Threads that work on the same allocators at once, see crew.h. */
#include "alloc-list.h"
#include "crew.h"

#include "invariants.h"
#include "random.h"

#include <buddy/faults.h>
#include <string.h>

enum { CHUNK_SIZE = 4096, SIZE = CHUNKS * CHUNK_SIZE, LISTS = 12, HANDLES = 4, ROOM = 256 };
enum { FEW_ENTRIES = 4, MOST_ENTRIES = 24 };

/* The memory that JavaScript brings for a pool. */
struct pool_memory {
	struct buddy_pool_header header;
	struct buddy_pool_entry entries[MOST_ENTRIES];
};

struct worker {
	struct crew *crew;
	pthread_t thread;
	uint64_t random;
	uint64_t number;
	struct buddy_owner owner;
	uint32_t guards[LISTS];
	/* The tag that the blocks of a list carry. */
	uint64_t tags[LISTS];
	/* A pool on one of the shared allocators, first in the smaller part of its memory. */
	uint32_t pool;
	struct pool_memory memory[2];
	uint64_t pool_tags[MOST_ENTRIES];
	/* SLOT_NONE: none. The first ones are the shared allocators. */
	uint32_t handles[SHARED + HANDLES];
};

static unsigned int pick(struct worker *worker, unsigned int limit)
{
	return (unsigned int)random_below(&worker->random, limit);
}

/* Finds the list of a guard; false where there is none. */
static bool find_list(struct worker *worker, unsigned int i, struct buddy_list *list)
{
	return !buddy_owner_find(&worker->owner, worker->guards[i], BUDDY_ANY_GENERATION, list);
}

static bool is_unused(struct worker *worker, unsigned int i)
{
	struct buddy_list list;

	return buddy_owner_find(&worker->owner, worker->guards[i], BUDDY_ANY_GENERATION, &list) ==
	       BUDDY_FREED;
}

static struct buddy_pool *pool_of(struct worker *worker)
{
	return buddy_pool_at(&worker->owner, worker->pool);
}

static struct buddy_allocator *allocator_at(struct worker *worker, unsigned int i)
{
	uint32_t slot = worker->handles[i];
	const struct buddy_handle *handle;

	if (slot == SLOT_NONE)
		return NULL;
	handle = buddy_owner_open_handle(&worker->owner, slot,
					 slots_generation(&worker->owner.handles, slot));
	return handle ? handle->allocator : NULL;
}

static struct common *common_of(struct crew *crew, const struct buddy_allocator *allocator)
{
	for (unsigned int i = 0; i < SHARED; i++)
		if (crew->common[i].allocator == allocator)
			return &crew->common[i];
	return NULL;
}

/* Takes or gives up every chunk of a block: nobody else may have it. */
static void mark(struct common *common, uint64_t offset, uint64_t size, bool taken)
{
	for (uint64_t chunk = offset / CHUNK_SIZE; chunk < (offset + size) / CHUNK_SIZE; chunk++)
		CHECK(atomic_exchange(&common->marks[chunk], taken) == !taken);
}

/* Marks all blocks of a list, which must be as they were left. */
static void mark_blocks(struct worker *worker, const struct buddy_list *list, uint64_t tag,
			bool taken)
{
	uint64_t offsets[ROOM], count;
	uint8_t orders[ROOM], states[ROOM];
	double tags[ROOM];
	const struct buddy_columns columns = { ROOM, offsets, orders, states, tags, 0, false };
	struct common *common = common_of(worker->crew, list->allocator);

	if (!common)
		return;
	CHECK(buddy_read(list, &columns, &count) == BUDDY_OK);
	CHECK(count <= ROOM);
	for (uint64_t block = 0; block < count; block++) {
		CHECK(states[block] & BUDDY_STATE_ALLOCATED);
		CHECK(tags[block] == (double)tag);
		mark(common, offsets[block], (uint64_t)CHUNK_SIZE << orders[block], taken);
	}
}

/* The list of a guard, if it has one. */
static void mark_list(struct worker *worker, unsigned int i, bool taken)
{
	struct buddy_list list;

	if (find_list(worker, i, &list))
		mark_blocks(worker, &list, worker->tags[i], taken);
}

static struct buddy_request choose_request(struct worker *worker)
{
	static const unsigned long modes[] = { 0, GPU_BUDDY_TOPDOWN_ALLOCATION,
					       GPU_BUDDY_RANGE_ALLOCATION };
	struct buddy_request request = {
		.start = pick(worker, 1024) * CHUNK_SIZE,
		.end = SIZE / 2,
		.size = (1 + pick(worker, 1 << pick(worker, 8))) * CHUNK_SIZE,
		.min_block_size = CHUNK_SIZE << (pick(worker, 4) ? 0 : pick(worker, 6)),
		.flags = modes[pick(worker, 3)] |
			 (pick(worker, 3) ? 0 : GPU_BUDDY_CONTIGUOUS_ALLOCATION) |
			 (pick(worker, 2) ? 0 : GPU_BUDDY_CLEAR_ALLOCATION),
		.tag = worker->number,
	};

	worker->number += CREW;
	return request;
}

static void alloc(struct worker *worker, unsigned int i)
{
	unsigned int chosen = pick(worker, SHARED + HANDLES);
	struct buddy_allocator *allocator = allocator_at(worker, chosen);
	struct buddy_handle *handle;
	struct buddy_request request = choose_request(worker);
	struct buddy_list list = { .allocator = NULL };

	if (!allocator || !is_unused(worker, i))
		return;
	handle = buddy_owner_handle(&worker->owner, worker->handles[chosen]);
	list.owner = handle->owner;
	if (alloc_list(allocator, &list, &request))
		return;
	buddy_owner_guard(&worker->owner, worker->guards[i], handle, &list);
	worker->tags[i] = request.tag;
	mark_list(worker, i, true);
}

static void free_list(struct worker *worker, unsigned int i)
{
	struct buddy_meant meant;

	if (is_unused(worker, i))
		return;
	mark_list(worker, i, false);
	CHECK(buddy_owner_meant(&worker->owner, worker->guards[i], BUDDY_ANY_GENERATION, &meant));
	if (!buddy_owner_free(&worker->owner, &meant, pick(worker, 2)) && !meant.is_empty)
		return;
	/* An empty list has nothing that could be freed; and of a poisoned allocator none is found to be freed. */
	buddy_owner_close_guard(&worker->owner, worker->guards[i]);
	worker->guards[i] = buddy_owner_open_guard(&worker->owner);
}

static void change_list(struct worker *worker, unsigned int i)
{
	struct buddy_list list;
	enum buddy_status status;

	if (!find_list(worker, i, &list))
		return;
	mark_list(worker, i, false);
	if (pick(worker, 2))
		status = buddy_trim(&list, NULL, CHUNK_SIZE * (1 + pick(worker, 8)));
	else
		status = buddy_free_block(&list, pick(worker, 3), pick(worker, 2));
	if (!status)
		buddy_owner_renew(&worker->owner, worker->guards[i], &list);
	mark_list(worker, i, true);
}

/* An allocation of the pool, if there is one in the entry. */
static bool mark_item(struct worker *worker, uint32_t index, bool taken)
{
	struct buddy_list list;
	const struct buddy_pool *pool = pool_of(worker);

	if (index >= pool->count || !buddy_pool_find(&worker->owner, worker->pool, index,
						     pool->entries[index].generation, &list))
		return false;
	mark_blocks(worker, &list, worker->pool_tags[index], taken);
	return true;
}

static void mark_items(struct worker *worker, bool taken)
{
	for (uint32_t index = 0; index < pool_of(worker)->count; index++)
		mark_item(worker, index, taken);
}

static void alloc_in_pool(struct worker *worker)
{
	struct buddy_pool *pool = pool_of(worker);
	struct buddy_request request = choose_request(worker);
	struct buddy_list list = { .owner = pool->owner };
	uint32_t index;

	if (!buddy_pool_has_room(pool)) {
		if (pool->capacity == MOST_ENTRIES)
			return;
		buddy_pool_move(pool, &worker->memory[1], MOST_ENTRIES);
	}
	if (alloc_list(pool->handle->allocator, &list, &request))
		return;
	index = buddy_pool_add(pool, &list);
	worker->pool_tags[index] = request.tag;
	CHECK(mark_item(worker, index, true));
}

struct item {
	struct buddy_pool *pool;
	uint32_t index;
	int32_t generation;
	bool cleared;
};

static enum buddy_status free_item(struct buddy_allocator *allocator, void *arguments)
{
	const struct item *item = arguments;

	CHECK(buddy_pool_run_free(allocator, item->pool, item->index, item->generation,
				  item->cleared));
	CHECK(!buddy_pool_run_free(allocator, item->pool, item->index, item->generation,
				   item->cleared));
	return BUDDY_OK;
}

static void free_in_pool(struct worker *worker)
{
	struct item item = { .pool = pool_of(worker),
			     .index = pick(worker, MOST_ENTRIES),
			     .cleared = pick(worker, 2) };

	if (!mark_item(worker, item.index, false))
		return;
	item.generation = item.pool->entries[item.index].generation;
	CHECK(!buddy_run(item.pool->handle->allocator, free_item, &item));
}

static void take_from_pool(struct worker *worker, unsigned int i)
{
	uint32_t index = pick(worker, MOST_ENTRIES);

	if (!is_unused(worker, i) || !mark_item(worker, index, false))
		return;
	CHECK(!buddy_pool_take(&worker->owner, worker->pool, index, worker->guards[i]));
	worker->tags[i] = worker->pool_tags[index];
	mark_list(worker, i, true);
}

static void clear_pool(struct worker *worker)
{
	mark_items(worker, false);
	CHECK(!buddy_pool_clear(&worker->owner, worker->pool, pick(worker, 2)));
	CHECK(pool_of(worker)->length == 0);
}

/* Opens a pool in the place of the one that is there, if any. */
static void open_pool(struct worker *worker)
{
	uint32_t handle = worker->handles[pick(worker, SHARED)];

	if (worker->pool != SLOT_NONE) {
		mark_items(worker, false);
		CHECK(!buddy_pool_close(&worker->owner, worker->pool));
	}
	worker->pool = buddy_pool_open(&worker->owner, buddy_owner_handle(&worker->owner, handle));
	buddy_pool_move(pool_of(worker), &worker->memory[0], FEW_ENTRIES);
}

static void use_pool(struct worker *worker, unsigned int i)
{
	unsigned int choice = pick(worker, 100);

	if (choice < 50)
		alloc_in_pool(worker);
	else if (choice < 80)
		free_in_pool(worker);
	else if (choice < 96)
		take_from_pool(worker, i);
	else if (choice < 98)
		clear_pool(worker);
	else
		open_pool(worker);
}

static void ignore_line(void *reader, const char *line)
{
	(void)reader;
	CHECK(strlen(line) > 0);
}

static void look(struct worker *worker, unsigned int i)
{
	struct buddy_allocator *allocator = allocator_at(worker, pick(worker, SHARED + HANDLES));
	const struct buddy_columns none = { .capacity = 0 };
	struct buddy_block_info block;
	struct buddy_stats stats;
	struct buddy_list list;
	uint64_t count;
	bool found;

	if (find_list(worker, i, &list) && buddy_count(&list))
		CHECK(buddy_bytes(&list) || buddy_bug(list.allocator).line);
	if (!allocator)
		return;
	buddy_stats(allocator, &stats);
	CHECK(stats.avail <= stats.size && stats.clear_avail <= stats.avail);
	CHECK(buddy_native_bytes(allocator) > 0);
	buddy_lookup(allocator, pick(worker, 1 << 20), &block, &found);
	buddy_snapshot(allocator, &none, &count);
	buddy_describe_parked(allocator, NULL, 0, &count);
	buddy_print(allocator, ignore_line, NULL);
	if (!pick(worker, 4))
		buddy_reset_clear(allocator, pick(worker, 2));
}

/* Frees what is parked with these numbers, if anything is. */
static void revoke(const struct buddy_token place[2])
{
	struct buddy_allocator *allocator = buddy_find(place[0]);
	uint64_t bytes;

	if (!allocator)
		return;
	buddy_revoke(allocator, place[1], &bytes);
	buddy_put(allocator);
}

/* Parks with this worker as the giver, or without one. What has been shown at this place of the board, and is still there, is freed. */
static void park(struct worker *worker, unsigned int i)
{
	struct board *board = &worker->crew->board;
	uint32_t slot = worker->guards[i];
	struct buddy_token token, ticket, old[2];
	struct buddy_token *place = board->tickets[pick(worker, BOARD)];

	if (is_unused(worker, i))
		return;
	mark_list(worker, i, false);
	if (buddy_owner_prepare_parking(&worker->owner, slot, BUDDY_ANY_GENERATION, &token,
					&ticket) ||
	    buddy_owner_park(&worker->owner, slot, BUDDY_ANY_GENERATION, pick(worker, 2)))
		return;
	pthread_mutex_lock(&board->lock);
	memcpy(old, place, sizeof(old));
	place[0] = token;
	place[1] = ticket;
	pthread_mutex_unlock(&board->lock);
	revoke(old);
}

/* Puts an allocator, and a reference to it, in the place of another, which goes. */
static void replace(struct worker *worker, unsigned int i, struct buddy_allocator *allocator,
		    bool created)
{
	uint32_t *slot = &worker->handles[i];

	if (*slot != SLOT_NONE)
		buddy_owner_dispose(&worker->owner, *slot,
				    slots_generation(&worker->owner.handles, *slot));
	*slot = allocator ? buddy_owner_take(&worker->owner, allocator, created) : SLOT_NONE;
}

/* A handle on an allocator, whose reference is taken over. */
static struct buddy_handle *handle_on(struct worker *worker, struct buddy_allocator *allocator)
{
	unsigned int i;

	for (i = 0; i < SHARED + HANDLES; i++) {
		if (allocator_at(worker, i) != allocator)
			continue;
		buddy_put(allocator);
		return buddy_owner_handle(&worker->owner, worker->handles[i]);
	}
	i = SHARED + pick(worker, HANDLES);
	replace(worker, i, allocator, false);
	return buddy_owner_handle(&worker->owner, worker->handles[i]);
}

static void adopt(struct worker *worker, unsigned int i)
{
	struct board *board = &worker->crew->board;
	const struct buddy_token *place = board->tickets[pick(worker, BOARD)];
	struct buddy_allocator *allocator;
	struct buddy_token token, ticket;
	struct buddy_list list;

	if (!is_unused(worker, i))
		return;
	pthread_mutex_lock(&board->lock);
	token = place[0];
	ticket = place[1];
	pthread_mutex_unlock(&board->lock);

	allocator = buddy_find(token);
	if (!allocator || buddy_owner_adopt(&worker->owner, handle_on(worker, allocator), ticket,
					    worker->guards[i]))
		return;
	worker->crew->adoptions++;
	if (find_list(worker, i, &list) && list.first)
		worker->tags[i] = buddy_first(&list).tag;
	mark_list(worker, i, true);
}

static void change_allocator(struct worker *worker)
{
	const struct buddy_config config = { .size = (512 << 10) * (1 + pick(worker, 9)),
					     .chunk_size = CHUNK_SIZE,
					     .step_limit = 10000 };
	struct board *board = &worker->crew->board;
	struct buddy_token *place = &board->allocators[pick(worker, BOARD)];
	unsigned int i = SHARED + pick(worker, HANDLES);
	struct buddy_allocator *allocator = NULL;
	struct buddy_token token;

	if (pick(worker, 2)) {
		pthread_mutex_lock(&board->lock);
		token = *place;
		pthread_mutex_unlock(&board->lock);
		replace(worker, i, buddy_find(token), false);
		return;
	}

	CHECK(buddy_create(&config, &allocator) == BUDDY_OK);
	CHECK(buddy_share(allocator, &token) == BUDDY_OK);
	replace(worker, i, allocator, true);
	pthread_mutex_lock(&board->lock);
	*place = token;
	pthread_mutex_unlock(&board->lock);
}

static void meet_bug(struct worker *worker)
{
	struct buddy_allocator *allocator = allocator_at(worker, SHARED + pick(worker, HANDLES));

	if (allocator && !common_of(worker->crew, allocator))
		CHECK(buddy_inject_bug(allocator) == BUDDY_POISONED);
}

static void do_something(struct worker *worker)
{
	unsigned int i = pick(worker, LISTS), choice = pick(worker, 100);

	if (choice < 30)
		alloc(worker, i);
	else if (choice < 45)
		use_pool(worker, i);
	else if (choice < 60)
		free_list(worker, i);
	else if (choice < 70)
		change_list(worker, i);
	else if (choice < 76)
		look(worker, i);
	else if (choice < 84)
		park(worker, i);
	else if (choice < 94)
		adopt(worker, i);
	else if (worker->crew->own && choice < 99)
		change_allocator(worker);
	else if (worker->crew->own && !pick(worker, 4))
		meet_bug(worker);
}

static void *work(void *arguments)
{
	struct worker *worker = arguments;
	/* Some workers end early. */
	unsigned int rounds = worker->crew->rounds / 2 + pick(worker, worker->crew->rounds / 2);

	buddy_owner_init(&worker->owner);
	for (unsigned int i = 0; i < LISTS; i++)
		worker->guards[i] = buddy_owner_open_guard(&worker->owner);
	for (unsigned int i = 0; i < SHARED + HANDLES; i++) {
		worker->handles[i] = SLOT_NONE;
		if (i < SHARED)
			replace(worker, i, buddy_find(worker->crew->common[i].token), false);
	}

	worker->pool = SLOT_NONE;
	open_pool(worker);

	while (rounds--)
		do_something(worker);

	/* The marks go, the lists stay for the owner's end to find. */
	for (unsigned int i = 0; i < LISTS; i++)
		mark_list(worker, i, false);
	mark_items(worker, false);
	buddy_owner_destroy(&worker->owner);
	return NULL;
}

static void open_common(struct common *common)
{
	const struct buddy_config config = { .size = SIZE, .chunk_size = CHUNK_SIZE };

	CHECK(buddy_create(&config, &common->allocator) == BUDDY_OK);
	CHECK(buddy_share(common->allocator, &common->token) == BUDDY_OK);
}

/* Checks that all memory is back, and that the allocator goes with the last handle. */
static void close_common(struct common *common)
{
	const struct holdings nobody = { NULL, 0, 0 };
	struct buddy_avail avail;

	CHECK_INVARIANTS(common->allocator, &nobody);
	buddy_avail(common->allocator, &avail);
	CHECK(avail.avail == SIZE);
	for (uint64_t i = 0; i < CHUNKS; i++)
		CHECK(!common->marks[i]);
	buddy_put(common->allocator);
	CHECK(!buddy_find(common->token));
}

void crew_work(struct crew *crew)
{
	static struct worker workers[CREW];
	struct buddy_fault warning;

	pthread_mutex_init(&crew->board.lock, NULL);
	for (unsigned int i = 0; i < SHARED; i++)
		open_common(&crew->common[i]);
	for (unsigned int i = 0; i < CREW; i++) {
		workers[i].crew = crew;
		workers[i].random = workers[i].number = i;
		CHECK(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	}

	/* One more looks on. */
	for (unsigned int i = 0; i < 50; i++)
		CHECK_INVARIANTS(crew->common[i % SHARED].allocator, NULL);

	for (unsigned int i = 0; i < CREW; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i < BOARD; i++)
		revoke(crew->board.tickets[i]);
	for (unsigned int i = 0; i < SHARED; i++)
		close_common(&crew->common[i]);
	for (unsigned int i = 0; i < BOARD; i++)
		CHECK(!buddy_find(crew->board.allocators[i]));
	CHECK(!buddy_take_warning(&warning));
	pthread_mutex_destroy(&crew->board.lock);
}
