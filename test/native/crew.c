/* Threads that work on the same allocators at once, see crew.h. */
#include "crew.h"

#include "invariants.h"
#include "random.h"

#include <buddy/faults.h>
#include <string.h>

enum { CHUNK_SIZE = 4096, SIZE = CHUNKS * CHUNK_SIZE, LISTS = 12, HANDLES = 4, ROOM = 256 };

struct worker {
	struct crew *crew;
	pthread_t thread;
	uint64_t random;
	uint64_t number;
	struct buddy_owner owner;
	uint32_t lists[LISTS];
	/* The tag that the blocks of a list carry. */
	uint64_t tags[LISTS];
	/* SLOT_NONE: none. The first ones are the shared allocators. */
	uint32_t handles[SHARED + HANDLES];
};

static unsigned int pick(struct worker *worker, unsigned int limit)
{
	return (unsigned int)random_below(&worker->random, limit);
}

static struct buddy_list *list_at(struct worker *worker, unsigned int i)
{
	return buddy_owner_list_at(&worker->owner, worker->lists[i]);
}

static struct buddy_allocator *allocator_at(struct worker *worker, unsigned int i)
{
	uint32_t slot = worker->handles[i];

	return slot == SLOT_NONE ?
		       NULL :
		       buddy_owner_allocator(&worker->owner, slot,
					     slots_generation(&worker->owner.allocators, slot));
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
static void mark_list(struct worker *worker, unsigned int i, bool taken)
{
	uint64_t offsets[ROOM], count;
	uint8_t orders[ROOM], states[ROOM];
	double tags[ROOM];
	const struct buddy_columns columns = { ROOM, offsets, orders, states, tags, 0, false };
	struct buddy_list *list = list_at(worker, i);
	struct common *common = common_of(worker->crew, list->allocator);

	if (!common)
		return;
	CHECK(buddy_read(list, &columns, &count) == BUDDY_OK);
	CHECK(count <= ROOM);
	for (uint64_t block = 0; block < count; block++) {
		CHECK(states[block] & BUDDY_STATE_ALLOCATED);
		CHECK(tags[block] == (double)worker->tags[i]);
		mark(common, offsets[block], (uint64_t)CHUNK_SIZE << orders[block], taken);
	}
}

static void alloc(struct worker *worker, unsigned int i)
{
	static const unsigned long modes[] = { 0, GPU_BUDDY_TOPDOWN_ALLOCATION,
					       GPU_BUDDY_RANGE_ALLOCATION };
	struct buddy_allocator *allocator = allocator_at(worker, pick(worker, SHARED + HANDLES));
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

	if (!allocator || list_at(worker, i)->allocator)
		return;
	if (buddy_alloc(allocator, list_at(worker, i), &request))
		return;
	worker->tags[i] = request.tag;
	worker->number += CREW;
	mark_list(worker, i, true);
}

static void free_list(struct worker *worker, unsigned int i)
{
	uint32_t slot = worker->lists[i];

	if (list_at(worker, i)->allocator)
		mark_list(worker, i, false);
	buddy_owner_free(&worker->owner, slot, slots_generation(&worker->owner.lists, slot),
			 pick(worker, 2));
}

static void change_list(struct worker *worker, unsigned int i)
{
	struct buddy_list *list = list_at(worker, i);

	if (!list->allocator)
		return;
	mark_list(worker, i, false);
	if (pick(worker, 2))
		buddy_trim(list, NULL, CHUNK_SIZE * (1 + pick(worker, 8)));
	else
		buddy_free_block(list, pick(worker, 3), pick(worker, 2));
	mark_list(worker, i, true);
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
	uint64_t count;
	bool found;

	if (list_at(worker, i)->allocator && buddy_count(list_at(worker, i)))
		CHECK(buddy_bytes(list_at(worker, i)) ||
		      buddy_bug(list_at(worker, i)->allocator).line);
	if (!allocator)
		return;
	buddy_stats(allocator, &stats);
	CHECK(stats.avail <= stats.size && stats.clear_avail <= stats.avail);
	CHECK(buddy_native_bytes(allocator) > 0);
	buddy_lookup(allocator, pick(worker, 1 << 20), &block, &found);
	buddy_snapshot(allocator, &none, &count);
	buddy_print(allocator, ignore_line, NULL);
	if (!pick(worker, 4))
		buddy_reset_clear(allocator, pick(worker, 2));
}

static void park(struct worker *worker, unsigned int i)
{
	struct board *board = &worker->crew->board;
	uint32_t slot = worker->lists[i], generation;
	struct buddy_token token, ticket;
	struct buddy_token *place = board->tickets[pick(worker, BOARD)];

	if (!list_at(worker, i)->allocator)
		return;
	mark_list(worker, i, false);
	generation = slots_generation(&worker->owner.lists, slot);
	if (buddy_owner_prepare_parking(&worker->owner, slot, generation, &token, &ticket) ||
	    buddy_owner_park(&worker->owner, slot, generation))
		return;
	pthread_mutex_lock(&board->lock);
	place[0] = token;
	place[1] = ticket;
	pthread_mutex_unlock(&board->lock);
}

static void adopt(struct worker *worker, unsigned int i)
{
	struct board *board = &worker->crew->board;
	const struct buddy_token *place = board->tickets[pick(worker, BOARD)];
	struct buddy_list *list = list_at(worker, i);
	struct buddy_allocator *allocator;
	struct buddy_token token, ticket;

	if (list->allocator)
		return;
	pthread_mutex_lock(&board->lock);
	token = place[0];
	ticket = place[1];
	pthread_mutex_unlock(&board->lock);

	allocator = buddy_find(token);
	if (!allocator)
		return;
	if (!buddy_adopt(allocator, ticket, list)) {
		worker->crew->adoptions++;
		if (buddy_count(list))
			worker->tags[i] = buddy_first(list).tag;
		mark_list(worker, i, true);
	}
	buddy_put(allocator);
}

/* Puts an allocator, and a reference to it, in the place of another, which goes. */
static void replace(struct worker *worker, unsigned int i, struct buddy_allocator *allocator,
		    bool created)
{
	uint32_t *slot = &worker->handles[i];

	if (*slot != SLOT_NONE)
		buddy_owner_dispose(&worker->owner, *slot,
				    slots_generation(&worker->owner.allocators, *slot));
	*slot = allocator ? buddy_owner_take(&worker->owner, allocator, created) : SLOT_NONE;
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

	if (choice < 40)
		alloc(worker, i);
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
	/* Some go home early. */
	unsigned int rounds = worker->crew->rounds / 2 + pick(worker, worker->crew->rounds / 2);

	buddy_owner_init(&worker->owner);
	for (unsigned int i = 0; i < LISTS; i++)
		worker->lists[i] = buddy_owner_open_list(&worker->owner);
	for (unsigned int i = 0; i < SHARED + HANDLES; i++) {
		worker->handles[i] = SLOT_NONE;
		if (i < SHARED)
			replace(worker, i, buddy_find(worker->crew->common[i].token), false);
	}

	while (rounds--)
		do_something(worker);

	/* The marks go, the lists stay for the owner's end to find. */
	for (unsigned int i = 0; i < LISTS; i++)
		if (list_at(worker, i)->allocator)
			mark_list(worker, i, false);
	buddy_owner_destroy(&worker->owner);
	return NULL;
}

static void open_common(struct common *common)
{
	const struct buddy_config config = { .size = SIZE, .chunk_size = CHUNK_SIZE };

	CHECK(buddy_create(&config, &common->allocator) == BUDDY_OK);
	CHECK(buddy_share(common->allocator, &common->token) == BUDDY_OK);
}

/* All is back, and the allocator goes with the last handle. */
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
	for (unsigned int i = 0; i < SHARED; i++)
		close_common(&crew->common[i]);
	for (unsigned int i = 0; i < BOARD; i++)
		CHECK(!buddy_find(crew->board.allocators[i]));
	CHECK(!buddy_take_warning(&warning));
	pthread_mutex_destroy(&crew->board.lock);
}
