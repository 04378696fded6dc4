/* The event count of an allocator, and those who wait for it: native/buddy/wait.c. */
#include "crew.h"
#include "scenario.h"

#include <buddy/account.h>
#include <buddy/batch.h>
#include <buddy/faults.h>
#include <buddy/queue.h>
#include <buddy/state.h>
#include <sched.h>
#include <string.h>

enum { ROOM = 16 };

static struct {
	struct buddy_pool_header header;
	struct buddy_pool_entry entries[ROOM];
} memory;

static struct buddy_owner owner;
static struct buddy_allocator *allocator;
static uint32_t handle, pool;
/* 16 KiB in one block, which each operation begins with. */
static struct buddy_list list;

static struct buddy_handle *open_handle(void)
{
	return buddy_owner_handle(&owner, handle);
}

static void start(void)
{
	allocator = new_allocator(MIB);
	buddy_get(allocator);
	buddy_owner_init(&owner);
	handle = buddy_owner_take(&owner, allocator, true);
	list = (struct buddy_list){ .owner = open_handle()->owner };
	CHECK_OK(ALLOC(allocator, &list, .size = 16 * KIB, .min_block_size = 16 * KIB));
}

static void end(void)
{
	if (list.allocator)
		CHECK_OK(buddy_free(&list, false));
	buddy_owner_destroy(&owner);
	CHECK_EQ(allocator->extras, 0);
	CHECK_SAME(allocator->waiters, NULL);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

static void free_dirty(void)
{
	CHECK_OK(buddy_free(&list, false));
}

static void free_cleared(void)
{
	CHECK_OK(buddy_free(&list, true));
}

static void trim(void)
{
	CHECK_OK(buddy_trim(&list, NULL, 4 * KIB));
}

static void trim_raw(void)
{
	CHECK_OK(buddy_trim_raw(&list, NULL, 4 * KIB));
}

static void trim_nothing(void)
{
	CHECK_OK(buddy_trim(&list, NULL, 16 * KIB));
}

static void trim_badly(void)
{
	CHECK_STATUS(buddy_trim(&list, NULL, 64 * KIB), NEW_SIZE_ABOVE_BLOCK);
}

static void free_block(void)
{
	CHECK_OK(buddy_free_block(&list, 0, false));
}

static void free_block_raw(void)
{
	CHECK_OK(buddy_free_block_raw(&list, 0));
}

static void free_no_block(void)
{
	CHECK_STATUS(buddy_free_block(&list, 1, false), INDEX_OUTSIDE_LIST);
}

static void free_empty(void)
{
	struct buddy_list empty = { allocator, NULL, list.owner };

	CHECK_OK(buddy_free(&empty, false));
}

static uint32_t guard_list(void)
{
	uint32_t guard = buddy_owner_open_guard(&owner);

	buddy_owner_guard(&owner, guard, open_handle(), &list);
	list = (struct buddy_list){ .owner = list.owner };
	return guard;
}

static void close_guard(void)
{
	buddy_owner_close_guard(&owner, guard_list());
}

static void free_all(void)
{
	guard_list();
	CHECK_OK(buddy_owner_free_all(&owner, allocator));
}

static void end_owner(void)
{
	guard_list();
	buddy_owner_destroy(&owner);
	buddy_owner_init(&owner);
}

static void park(void)
{
	struct buddy_token ticket;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, &owner, ticket));
}

static void park_and_end(void)
{
	park();
	buddy_free_parked(&owner);
}

static void park_and_revoke(void)
{
	struct buddy_token ticket;
	uint64_t bytes;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, NULL, ticket));
	CHECK_OK(buddy_revoke(allocator, ticket, &bytes));
}

static void free_queued(void)
{
	struct buddy_report report;
	struct buddy_queued queued;

	buddy_report(&list, &report);
	open_handle()->users++;
	queued = (struct buddy_queued){
		.slot = handle,
		.node = (uint32_t)report.node,
		.generation = (uint32_t)report.generation,
		.what = (uint32_t)report.shape & ~(BUDDY_QUEUED_CLEARED | BUDDY_QUEUED_IN_POOL),
	};
	list = (struct buddy_list){ .owner = list.owner };
	CHECK_OK(buddy_free_queued(&owner, &queued, 1));
}

static uint32_t add_to_pool(void)
{
	struct buddy_list item;

	pool = buddy_pool_open(&owner, open_handle());
	buddy_pool_move(buddy_pool_at(&owner, pool), &memory, ROOM);
	item = (struct buddy_list){ .owner = buddy_pool_at(&owner, pool)->owner };
	CHECK_OK(ALLOC(allocator, &item, .size = 4 * KIB));
	return buddy_pool_add(buddy_pool_at(&owner, pool), &item);
}

static void free_in_pool(void)
{
	uint32_t index = add_to_pool();
	const struct buddy_queued queued = {
		.slot = pool,
		.node = index,
		.generation = (uint32_t)memory.entries[index].generation,
		.what = BUDDY_QUEUED_IN_POOL,
	};

	CHECK_OK(buddy_free_queued(&owner, &queued, 1));
}

static void clear_pool(void)
{
	add_to_pool();
	CHECK_OK(buddy_pool_clear(&owner, pool, BUDDY_CLOSE_CLEARED));
}

static void close_pool(void)
{
	add_to_pool();
	CHECK_OK(buddy_pool_close(&owner, pool));
}

static void undo_pool(void)
{
	add_to_pool();
	CHECK_OK(buddy_pool_clear(&owner, pool, BUDDY_CLOSE_UNDONE));
}

static void close_group_how(enum buddy_closing how)
{
	struct buddy_group *group = buddy_owner_group(&owner, buddy_owner_open_group(&owner));

	CHECK(buddy_owner_size_group(group, 1));
	group->handle = open_handle();
	group->handle->users++;
	group->nodes[0] = buddy_name_of(&list).node + 1;
	list = (struct buddy_list){ .owner = list.owner };
	CHECK_OK(buddy_owner_free_rows(group, 0, how));
}

static void free_group(void)
{
	close_group_how(BUDDY_CLOSE_DIRTY);
}

static void undo_group(void)
{
	close_group_how(BUDDY_CLOSE_UNDONE);
}

static enum buddy_status undo(struct buddy_allocator *locked, void *other)
{
	buddy_run_undo(locked, other);
	return BUDDY_OK;
}

/* Somebody finds no space, or no bytes to reserve, while a group has memory that it gives back. */
static void undo_group_after(enum buddy_status (*fail)(void), enum buddy_status status)
{
	struct buddy_group *group = buddy_owner_group(&owner, buddy_owner_open_group(&owner));

	CHECK(buddy_owner_size_group(group, 1));
	group->handle = open_handle();
	group->handle->users++;
	group->nodes[0] = buddy_name_of(&list).node + 1;
	list = (struct buddy_list){ .owner = list.owner };
	CHECK_EQ(fail(), status);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_UNDONE));
}

static enum buddy_status fail_to_alloc(void)
{
	struct buddy_list other = { .owner = list.owner };

	return ALLOC(allocator, &other, .size = MIB);
}

static enum buddy_status fail_to_alloc_raw(void)
{
	struct buddy_list other = { .owner = list.owner };

	return ALLOC_RAW(allocator, &other, .size = MIB);
}

static enum buddy_status fail_to_claim(void)
{
	const double chunks[] = { 255 };
	const uint8_t orders[] = { 0 };
	const struct buddy_places places = { 1, chunks, orders, NULL };
	struct buddy_list other = { .owner = list.owner };
	uint64_t failed;

	return buddy_claim(allocator, &other, &places, 0, 0, BUDDY_AS_FOUND, &failed);
}

static enum buddy_status fail_to_extend(void)
{
	struct buddy_list other = { .owner = list.owner };
	enum buddy_status status;

	CHECK_OK(ALLOC(allocator, &other, .start = 0, .end = 4 * KIB, .size = 4 * KIB,
		       .flags = GPU_BUDDY_RANGE_ALLOCATION));
	status = buddy_extend(&other, MIB - 4 * KIB);
	buddy_run(allocator, undo, &other);
	return status;
}

static enum buddy_status fail_to_reserve(void)
{
	const struct buddy_quota quota = { BUDDY_NO_LIMIT, MIB };
	uint32_t account;

	return buddy_open_account(allocator, &quota, &account);
}

static void undo_group_after_alloc(void)
{
	undo_group_after(fail_to_alloc, BUDDY_NO_SPACE);
}

static void undo_group_after_alloc_raw(void)
{
	undo_group_after(fail_to_alloc_raw, BUDDY_NO_SPACE);
}

static void undo_group_after_claim(void)
{
	undo_group_after(fail_to_claim, BUDDY_BLOCK_NOT_FREE);
}

static void undo_group_after_extend(void)
{
	undo_group_after(fail_to_extend, BUDDY_NO_SPACE);
}

static void undo_group_after_reserve(void)
{
	undo_group_after(fail_to_reserve, BUDDY_RESERVED_NOT_FREE);
}

static void alloc_and_trim(void)
{
	struct buddy_list other = { .owner = list.owner };

	/* 128 KiB are taken, and 28 of these given back. */
	CHECK_OK(ALLOC(allocator, &other, .size = 100 * KIB,
		       .flags = GPU_BUDDY_CONTIGUOUS_ALLOCATION));
	CHECK_OK(buddy_append(&list, &other, 0));
}

static void alloc_in_vain(void)
{
	struct buddy_list other = { .owner = list.owner };

	CHECK_STATUS(ALLOC(allocator, &other, .size = MIB), NO_SPACE);
}

static void run_out_of_memory(void)
{
	struct buddy_list other = { .owner = list.owner };

	if (!LINUX_SURVIVES_FAILED_SPLITS)
		return;
	/* In the middle of splitting. */
	buddy_inject_failure(allocator, 3, true);
	CHECK_STATUS(ALLOC(allocator, &other, .size = 4 * KIB), NO_MEMORY);
	buddy_inject_failure(allocator, 0, false);
}

static void claim_in_vain(void)
{
	const double chunks[] = { 0, 255 };
	const uint8_t orders[] = { 0, 0 };
	const struct buddy_places places = { 2, chunks, orders, NULL };
	struct buddy_list other = { .owner = list.owner };
	uint64_t failed;

	CHECK_STATUS(buddy_claim(allocator, &other, &places, 0, 0, BUDDY_AS_FOUND, &failed),
		     BLOCK_NOT_FREE);
	CHECK_EQ(failed, 1);
}

static void extend(void)
{
	CHECK_OK(buddy_trim(&list, NULL, 8 * KIB));
	CHECK_OK(buddy_extend(&list, 8 * KIB));
}

static void reset_clear(void)
{
	CHECK_OK(buddy_reset_clear(allocator, true));
}

static const struct {
	const char *name;
	void (*body)(void);
	unsigned int rises;
} operations[] = {
	{ "free a list", free_dirty, 1 },
	{ "free it as cleared", free_cleared, 1 },
	{ "free it from the queue", free_queued, 1 },
	{ "close its guard, as the collector does", close_guard, 1 },
	{ "free all of an owner", free_all, 1 },
	{ "end an owner", end_owner, 1 },
	{ "free what was parked", park_and_end, 1 },
	{ "revoke what was parked", park_and_revoke, 1 },
	{ "free a block", free_block, 1 },
	{ "free a block raw", free_block_raw, 1 },
	{ "trim", trim, 1 },
	{ "trim raw", trim_raw, 1 },
	{ "trim, and extend again", extend, 1 },
	{ "free an allocation of a pool", free_in_pool, 1 },
	{ "clear a pool", clear_pool, 1 },
	{ "close a pool", close_pool, 1 },
	{ "free a group", free_group, 1 },
	{ "take a pool's allocations back", undo_pool, 0 },
	{ "take a group back", undo_group, 0 },
	{ "take a group back where somebody has found no space meanwhile", undo_group_after_alloc,
	  1 },
	{ "take a group back where a raw call has found none", undo_group_after_alloc_raw, 1 },
	{ "take a group back where a claim has failed", undo_group_after_claim, 1 },
	{ "take a group back where a list could not be extended", undo_group_after_extend, 1 },
	{ "take a group back where a reservation was refused", undo_group_after_reserve, 1 },
	{ "allocate, and trim what is too much", alloc_and_trim, 0 },
	{ "find no space", alloc_in_vain, 0 },
	{ "find no memory", run_out_of_memory, 0 },
	{ "claim what is in use", claim_in_vain, 0 },
	{ "trim to the size that it has", trim_nothing, 0 },
	{ "trim to what is not there", trim_badly, 0 },
	{ "free a block that is not there", free_no_block, 0 },
	{ "free an empty list", free_empty, 0 },
	{ "park", park, 0 },
	{ "declare free memory clear", reset_clear, 0 },
};

enum { OPERATIONS = sizeof(operations) / sizeof(*operations) };

static _Atomic uint32_t woken[4];

static void wake(void *context, uint32_t number)
{
	CHECK_SAME(context, woken);
	woken[number]++;
}

static struct buddy_waiter waiter_of(uint32_t number)
{
	return (struct buddy_waiter){ .wake = wake, .context = woken, .number = number };
}

static void forget_wakes(void)
{
	for (unsigned int i = 0; i < 4; i++)
		woken[i] = 0;
}

static uint64_t wait_with(struct buddy_waiter *waiter)
{
	uint64_t epoch = ~0ULL;

	CHECK_OK(buddy_wait(allocator, waiter, &epoch));
	return epoch;
}

TEST("the epoch rises by one wherever bytes become free, and nowhere else")
{
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		uint64_t epoch;

		start();
		epoch = buddy_epoch(allocator);
		operations[i].body();
		if (buddy_epoch(allocator) != epoch + operations[i].rises)
			test_fail(TEST_HERE, "%s: the epoch rises by %u", operations[i].name,
				  (unsigned int)(buddy_epoch(allocator) - epoch));
		end();
	}
}

TEST("whatever raises the epoch wakes who waits, and nothing else does")
{
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		struct buddy_waiter waiter = waiter_of(0);

		start();
		forget_wakes();
		CHECK_EQ(wait_with(&waiter), 0);
		operations[i].body();
		if (woken[0] != operations[i].rises)
			test_fail(TEST_HERE, "%s: woken %u times", operations[i].name, woken[0]);
		CHECK_EQ(!waiter.link, operations[i].rises);
		buddy_end_wait(allocator, &waiter);
		end();
	}
}

TEST("one free wakes all who wait, each once, and none who has ended")
{
	struct buddy_waiter waiters[] = { waiter_of(0), waiter_of(1), waiter_of(2), waiter_of(3) };

	start();
	forget_wakes();
	for (unsigned int i = 0; i < 4; i++)
		wait_with(&waiters[i]);
	/* A second time makes no difference. */
	wait_with(&waiters[2]);
	/* In the middle, and one that is not armed. */
	buddy_end_wait(allocator, &waiters[1]);
	buddy_end_wait(allocator, &waiters[1]);
	trim();
	CHECK_EQ(allocator->extras, 0);
	trim_raw();
	free_dirty();
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(woken[i], i != 1);
	end();
}

TEST("a waiter gets the current epoch, and is woken by the next free")
{
	struct buddy_waiter waiter = waiter_of(0);

	start();
	forget_wakes();
	trim();
	CHECK_EQ(wait_with(&waiter), 1);
	CHECK_EQ(woken[0], 0);
	free_dirty();
	CHECK_EQ(woken[0], 1);
	CHECK_EQ(wait_with(&waiter), 2);
	buddy_end_wait(allocator, &waiter);
	CHECK_EQ(allocator->extras, 0);
	end();
}

TEST("a BUG wakes who waits, and nobody can wait any more")
{
	struct buddy_allocator *poisoned = new_allocator(MIB);
	struct buddy_waiter waiter = waiter_of(0);
	uint64_t epoch;
	EMPTY_LIST(corrupted);

	forget_wakes();
	CHECK_OK(ALLOC(poisoned, &corrupted, .size = 4 * KIB));
	CHECK_OK(buddy_wait(poisoned, &waiter, &epoch));
	corrupt(&corrupted);
	CHECK_STATUS(buddy_extend(&corrupted, 4 * KIB), NO_SPACE);
	CHECK_EQ(woken[0], 0);
	CHECK_STATUS(buddy_free(&corrupted, false), POISONED);
	CHECK_EQ(woken[0], 1);
	CHECK_STATUS(buddy_wait(poisoned, &waiter, &epoch), POISONED);
	CHECK_SAME(waiter.link, NULL);
	buddy_put(poisoned);
}

static struct buddy_waiter *wait_through_handle(void)
{
	struct buddy_waiter *waiter = &open_handle()->waiter;

	*waiter = waiter_of(0);
	wait_with(waiter);
	CHECK_EQ(allocator->extras, BUDDY_HAS_WAITERS);
	return waiter;
}

TEST("a handle that is given up, in use or not, tells of nothing any more, nor does one whose owner ends")
{
	uint32_t guard;

	start();
	forget_wakes();
	wait_through_handle();
	guard = guard_list();
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	CHECK_EQ(allocator->extras, 0);
	buddy_owner_close_guard(&owner, guard);

	handle = buddy_owner_take(&owner, allocator, false);
	buddy_get(allocator);
	wait_through_handle();
	buddy_owner_end_waits(&owner);
	CHECK_EQ(allocator->extras, 0);
	wait_through_handle();
	buddy_owner_destroy(&owner);
	CHECK_EQ(allocator->extras, 0);
	buddy_owner_init(&owner);
	CHECK_EQ(woken[0], 0);
	end();
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 20000 };
#else
enum { ROUNDS = 200000 };
#endif

/* A thread that waits as an environment does, and what wakes it. */
struct sleeper {
	struct buddy_token token;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_woken;
	bool has_ended;
};

static struct sleeper sleepers[CREW];
static _Atomic unsigned int finished;

static void wake_sleeper(void *context, uint32_t number)
{
	struct sleeper *sleeper = &sleepers[number];

	CHECK_SAME(context, sleepers);
	pthread_mutex_lock(&sleeper->lock);
	/* Its owner may be gone. */
	CHECK(!sleeper->has_ended);
	sleeper->is_woken = true;
	pthread_cond_signal(&sleeper->wake);
	pthread_mutex_unlock(&sleeper->lock);
}

static void sleep_until_woken(struct sleeper *sleeper)
{
	pthread_mutex_lock(&sleeper->lock);
	while (!sleeper->is_woken)
		pthread_cond_wait(&sleeper->wake, &sleeper->lock);
	sleeper->is_woken = false;
	pthread_mutex_unlock(&sleeper->lock);
}

/* Takes the only block there is, as often as it is told to, and waits for it where another one has it. */
static void *take_turns(void *argument)
{
	struct sleeper *sleeper = argument;
	struct buddy_allocator *shared = buddy_find(sleeper->token);
	struct buddy_owner sleeping;
	struct buddy_handle *found;
	unsigned int turns = 0;

	buddy_owner_init(&sleeping);
	found = buddy_owner_handle(&sleeping, buddy_owner_take(&sleeping, shared, false));
	found->waiter = (struct buddy_waiter){ .wake = wake_sleeper,
					       .context = sleepers,
					       .number = (uint32_t)(sleeper - sleepers) };
	while (turns < ROUNDS / CREW) {
		uint64_t since = buddy_epoch(shared), epoch;
		struct buddy_list turn = { .owner = found->owner };

		if (!ALLOC(shared, &turn, .size = CHUNK)) {
			turns++;
			CHECK_OK(buddy_free(&turn, false));
			continue;
		}
		/* A wake may be an old one. */
		while (!buddy_wait(shared, &found->waiter, &epoch) && epoch <= since)
			sleep_until_woken(sleeper);
	}
	/* Armed, and with a list that its end frees. */
	buddy_wait(shared, &found->waiter, &(uint64_t){ 0 });
	buddy_owner_end_waits(&sleeping);
	pthread_mutex_lock(&sleeper->lock);
	sleeper->has_ended = true;
	pthread_mutex_unlock(&sleeper->lock);
	buddy_owner_destroy(&sleeping);
	finished++;
	return NULL;
}

TEST("eight threads that wait for one block, in turns, lose no free, and end while others free")
{
	struct buddy_allocator *shared = new_allocator(CHUNK);
	struct buddy_token token;
	pthread_t threads[CREW];

	CHECK_OK(buddy_share(shared, &token));
	for (unsigned int i = 0; i < CREW; i++) {
		sleepers[i] = (struct sleeper){ .token = token,
						.lock = PTHREAD_MUTEX_INITIALIZER,
						.wake = PTHREAD_COND_INITIALIZER };
		CHECK(!pthread_create(&threads[i], NULL, take_turns, &sleepers[i]));
	}
	for (unsigned int i = 0; i < CREW; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(finished, CREW);
	CHECK_EQ(buddy_epoch(shared), ROUNDS / CREW * CREW);
	CHECK_EQ(shared->extras, 0);
	drop_allocator(shared);
}

/* A batch that needs a list more than there is room for, run after run, and a thread that wants one chunk. */
static struct {
	struct buddy_allocator *allocator;
	_Atomic uint64_t batches;
	_Atomic bool is_done;
} contest;

enum { ROWS = 200, REFUSALS = 5 };

static void run_in_vain(struct buddy_owner *runner, struct buddy_handle *opened,
			struct buddy_group *group)
{
	static struct buddy_record records[ROWS + 1];
	static const struct buddy_request_record requests[1] = { { .min_block_size = 4 * KIB } };
	static uint8_t results[BUDDY_BATCH_BYTES_PER_ROW * (ROWS + 1)];
	struct buddy_batch batch = { .records = records,
				     .requests = requests,
				     .request_count = 1,
				     .results = results,
				     .rows = ROWS + 1,
				     .count = ROWS + 1,
				     .whole = ROWS + 1,
				     .group = group };

	for (unsigned int i = 0; i <= ROWS; i++)
		records[i] =
			(struct buddy_record){ .what = BUDDY_RECORD_IN_BATCH, .size = 4 * KIB };
	memset(results, 0, sizeof(results));
	buddy_run_batch(runner, opened, &batch);
	if (batch.holds_lists) {
		CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_UNDONE));
		buddy_owner_empty_group(runner, group);
	}
}

/* A thread that is refused while the batch has all is told of a free before the batch after the next has ended. */
static void *want_a_chunk(void *nothing)
{
	unsigned int refusals = 0;

	while (refusals < REFUSALS) {
		uint64_t epoch = buddy_epoch(contest.allocator), batches;
		EMPTY_LIST(chunk);

		if (!ALLOC(contest.allocator, &chunk, .size = 4 * KIB)) {
			CHECK_OK(buddy_run(contest.allocator, undo, &chunk));
			continue;
		}
		refusals++;
		batches = contest.batches + 2;
		while (contest.batches < batches)
			sched_yield();
		CHECK(buddy_epoch(contest.allocator) > epoch);
	}
	contest.is_done = true;
	return nothing;
}

TEST("an atomic batch that is taken back wakes those who were refused what it had, and nobody else")
{
	struct buddy_owner runner;
	struct buddy_handle *opened;
	struct buddy_group *group;
	struct buddy_token token;
	pthread_t thread;

	contest.allocator = new_allocator(ROWS * 4 * KIB);
	buddy_owner_init(&runner);
	buddy_get(contest.allocator);
	opened = buddy_owner_handle(&runner, buddy_owner_take(&runner, contest.allocator, true));
	group = buddy_owner_group(&runner, buddy_owner_open_group(&runner));
	for (unsigned int i = 0; i < 3; i++)
		run_in_vain(&runner, opened, group);
	CHECK_EQ(buddy_epoch(contest.allocator), 0);

	CHECK_OK(buddy_share(contest.allocator, &token));
	CHECK(!pthread_create(&thread, NULL, want_a_chunk, NULL));
	while (!contest.is_done) {
		run_in_vain(&runner, opened, group);
		contest.batches++;
	}
	pthread_join(thread, NULL);
	buddy_owner_destroy(&runner);
	drop_allocator(contest.allocator);
}
