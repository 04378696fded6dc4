/* Accounts: what they are charged, what they are refused, and how long they live: native/buddy/account.c. */
#include "invariants.h"
#include "random.h"
#include "scenario.h"

#include <buddy/account.h>
#include <buddy/batch.h>
#include <buddy/faults.h>
#include <buddy/pool.h>
#include <buddy/state.h>
#include <pthread.h>
#include <stdlib.h>

enum { SPACE = 16 << 20 };

static uint32_t open_account(struct buddy_allocator *allocator, uint64_t limit, uint64_t reserved)
{
	const struct buddy_quota quota = { limit, reserved };
	uint32_t account = BUDDY_NO_ACCOUNT;

	CHECK_OK(buddy_open_account(allocator, &quota, &account));
	return account;
}

static enum buddy_status change(struct buddy_allocator *allocator, uint32_t account, uint64_t limit,
				uint64_t reserved)
{
	return buddy_change_account(allocator, account, &limit, &reserved);
}

static uint64_t used_by(struct buddy_allocator *allocator, uint32_t account)
{
	return buddy_describe_account(allocator, account).used;
}

/* An allocator with an account that has a reservation and a limit, and two lists of it, if the operation wants them. */
struct scene {
	struct buddy_allocator *allocator;
	uint32_t account;
	struct buddy_list list, other;
};

static enum buddy_status alloc_for(struct scene *scene, struct buddy_list *list,
				   struct buddy_request request)
{
	request.account = scene->account;
	request.tag = BUDDY_TAG_MASK;
	return alloc_checked(scene->allocator, list, request);
}
#define ALLOC_FOR(scene, list, ...) alloc_for(scene, list, (struct buddy_request){ __VA_ARGS__ })

/* A change of the free bytes. */
struct operation {
	const char *name;
	/* Bytes of the lists before it, each of one block; 0: an empty list. */
	uint64_t size, other_size;
	enum buddy_status (*call)(struct scene *scene);
	/* The account's bytes afterwards. */
	uint64_t used;
};

static enum buddy_status alloc(struct scene *scene)
{
	return ALLOC_FOR(scene, &scene->list, .size = 28 * KIB);
}

static enum buddy_status alloc_untrimmed(struct scene *scene)
{
	return ALLOC_FOR(scene, &scene->list, .size = 20 * KIB, .min_block_size = 16 * KIB,
			 .flags = TRIM_DISABLE);
}

static enum buddy_status alloc_contiguous(struct scene *scene)
{
	return ALLOC_FOR(scene, &scene->list, .size = 20 * KIB, .flags = CONTIGUOUS);
}

static enum buddy_status alloc_in_range(struct scene *scene)
{
	return ALLOC_FOR(scene, &scene->list, .start = MIB, .end = 4 * MIB, .size = 28 * KIB,
			 .min_block_size = 8 * KIB, .flags = RANGE);
}

static enum buddy_status claim(struct scene *scene)
{
	const double chunks[] = { 3, 16 };
	const uint8_t orders[] = { 0, 2 };
	const struct buddy_places places = { 2, chunks, orders, NULL };
	uint64_t failed;

	return buddy_claim(scene->allocator, &scene->list, &places, 1, scene->account, BUDDY_DIRTY,
			   &failed);
}

static enum buddy_status extend(struct scene *scene)
{
	return buddy_extend(&scene->list, 12 * KIB);
}

static enum buddy_status trim(struct scene *scene)
{
	return buddy_trim(&scene->list, NULL, 20 * KIB);
}

static enum buddy_status trim_as_kernel(struct scene *scene)
{
	return buddy_trim_raw(&scene->list, NULL, 20 * KIB);
}

static enum buddy_status free_first(struct scene *scene)
{
	return buddy_free_block(&scene->list, 0, true);
}

static enum buddy_status free_first_as_kernel(struct scene *scene)
{
	return buddy_free_block_raw(&scene->list, 0);
}

static enum buddy_status free_dirty(struct scene *scene)
{
	return buddy_free(&scene->list, false);
}

static enum buddy_status undo_in_run(struct buddy_allocator *allocator, void *list)
{
	buddy_run_undo(allocator, list);
	return BUDDY_OK;
}

static enum buddy_status undo(struct scene *scene)
{
	return buddy_run(scene->allocator, undo_in_run, &scene->list);
}

static enum buddy_status append(struct scene *scene)
{
	return buddy_append(&scene->list, &scene->other, 7);
}

static enum buddy_status append_to_empty(struct scene *scene)
{
	CHECK_OK(buddy_free_block(&scene->list, 0, false));
	return buddy_append(&scene->list, &scene->other, 7);
}

static enum buddy_status pass_on(struct scene *scene)
{
	struct buddy_token ticket;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&scene->list, scene, ticket));
	return buddy_adopt(scene->allocator, ticket, &scene->list);
}

static enum buddy_status free_of_giver(struct scene *scene)
{
	struct buddy_token ticket;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&scene->list, scene, ticket));
	buddy_free_parked(scene);
	return BUDDY_OK;
}

static enum buddy_status revoke(struct scene *scene)
{
	struct buddy_parked_row row;
	struct buddy_token ticket, token = buddy_account_token(scene->allocator, scene->account);
	uint64_t count;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&scene->list, NULL, ticket));
	CHECK_OK(buddy_describe_parked(scene->allocator, &row, 1, &count));
	CHECK_EQ(count, 1);
	CHECK(buddy_is_same(row.account, token));
	CHECK_EQ(buddy_describe_account(scene->allocator, scene->account).used, row.bytes);
	return buddy_revoke(scene->allocator, ticket, &count);
}

static const struct operation operations[] = {
	{ "an allocation", 0, 0, alloc, 28 * KIB },
	{ "an allocation that is not trimmed", 0, 0, alloc_untrimmed, 32 * KIB },
	{ "an allocation in one piece", 0, 0, alloc_contiguous, 20 * KIB },
	{ "an allocation in a range", 0, 0, alloc_in_range, 28 * KIB },
	{ "a claim", 0, 0, claim, 20 * KIB },
	{ "an extension", 32 * KIB, 0, extend, 44 * KIB },
	{ "a trim", 32 * KIB, 0, trim, 20 * KIB },
	{ "a raw trim", 32 * KIB, 0, trim_as_kernel, 20 * KIB },
	{ "freeing a block", 32 * KIB, 0, free_first, 0 },
	{ "freeing a block as the kernel does", 32 * KIB, 64 * KIB, free_first_as_kernel,
	  64 * KIB },
	{ "freeing a list", 32 * KIB, 64 * KIB, free_dirty, 64 * KIB },
	{ "taking an allocation back", 32 * KIB, 0, undo, 0 },
	{ "appending", 32 * KIB, 64 * KIB, append, 96 * KIB },
	{ "appending to an empty list", 32 * KIB, 64 * KIB, append_to_empty, 64 * KIB },
	{ "passing a list on", 32 * KIB, 0, pass_on, 32 * KIB },
	{ "revoking a parked list", 32 * KIB, 0, revoke, 0 },
	{ "the end of who has parked a list", 32 * KIB, 0, free_of_giver, 0 },
};

static void take_in_low_half(struct scene *scene, struct buddy_list *list, uint64_t start,
			     uint64_t size)
{
	if (size)
		CHECK_OK(ALLOC_FOR(scene, list, .start = start, .end = start + size, .size = size,
				   .flags = RANGE));
}

static void begin_scene(struct scene *scene, const struct operation *operation)
{
	*scene = (struct scene){ .allocator = new_allocator(SPACE) };
	buddy_list_init(&scene->list, BUDDY_NOBODY);
	buddy_list_init(&scene->other, BUDDY_NOBODY);
	scene->account = open_account(scene->allocator, MIB, 40 * KIB);
	take_in_low_half(scene, &scene->list, 8 * MIB, operation->size);
	take_in_low_half(scene, &scene->other, 9 * MIB, operation->other_size);
}

static void check_scene(struct scene *scene, const char *name)
{
	const struct buddy_list *lists[] = { &scene->list, &scene->other };
	const struct holdings holdings = { lists, 2, 0 };
	uint64_t used = used_by(scene->allocator, scene->account);

	CHECK_INVARIANTS(scene->allocator, &holdings);
	if (used != SPACE - avail_of(scene->allocator))
		test_fail(TEST_HERE, "after %s the account holds %llu bytes", name,
			  (unsigned long long)used);
}

static void end_scene(struct scene *scene)
{
	CHECK_OK(buddy_free(&scene->list, false));
	CHECK_OK(buddy_free(&scene->other, true));
	check_scene(scene, "freeing all");
	CHECK_EQ(used_by(scene->allocator, scene->account), 0);
	buddy_close_account(scene->allocator, scene->account);
	CHECK_EQ(scene->allocator->extras & BUDDY_HAS_ACCOUNTS, 0);
	drop_allocator(scene->allocator);
}

TEST("an account is charged to the byte by every operation that changes what is free")
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		const struct operation *operation = &operations[i];
		struct scene scene;

		begin_scene(&scene, operation);
		CHECK_OK(operation->call(&scene));
		check_scene(&scene, operation->name);
		if (used_by(scene.allocator, scene.account) != operation->used)
			test_fail(TEST_HERE, "%s leaves the account with %llu bytes",
				  operation->name,
				  (unsigned long long)used_by(scene.allocator, scene.account));
		end_scene(&scene);
	}
}

/* Returns whether there was an nth allocation of memory. */
static bool fail_nth(const struct operation *operation, uint64_t nth)
{
	struct scene scene;
	bool failed;

	begin_scene(&scene, operation);
	buddy_inject_failure(scene.allocator, nth, true);
	operation->call(&scene);
	failed = scene.allocator->context.out_of_memory;
	check_scene(&scene, operation->name);
	end_scene(&scene);
	return failed;
}

TEST("an account is charged to the byte whichever allocation of memory fails")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		for (uint64_t nth = 1; fail_nth(&operations[i], nth);)
			nth++;
}

static enum buddy_status alloc_raw_in_run(struct buddy_allocator *allocator, void *arguments)
{
	struct scene *scene = arguments;
	const struct buddy_request request = {
		.end = SPACE, .size = 20 * KIB, .min_block_size = CHUNK, .account = scene->account
	};

	return buddy_run_alloc_raw(allocator, &scene->list, &request);
}

TEST("a raw allocation is charged, too, and given back where it is refused")
{
	static const struct operation nothing = { .name = "nothing" };
	struct scene scene;

	begin_scene(&scene, &nothing);
	CHECK_OK(change(scene.allocator, scene.account, 16 * KIB, 0));
	CHECK_STATUS(buddy_run(scene.allocator, alloc_raw_in_run, &scene), ABOVE_LIMIT);
	check_scene(&scene, "a raw allocation that is refused");
	CHECK_OK(change(scene.allocator, scene.account, 20 * KIB, 0));
	CHECK_OK(buddy_run(scene.allocator, alloc_raw_in_run, &scene));
	CHECK_EQ(used_by(scene.allocator, scene.account), 20 * KIB);
	check_scene(&scene, "a raw allocation");
	end_scene(&scene);
}

/* A space of 1 MiB: another account reserves and uses some, ours has a limit, reserves and uses some. */
struct refusal {
	uint64_t others_reserved, others_used, limit, reserved, used;
	struct buddy_request request;
	/* Without an account. */
	bool is_anonymous;
	enum buddy_status status;
};

static const struct refusal refusals[] = {
	{ 0, 0, MIB, 0, 0, { .size = MIB }, false, BUDDY_OK },
	{ 0, 0, 64 * KIB, 0, 0, { .size = 64 * KIB }, false, BUDDY_OK },
	{ 0, 0, 64 * KIB, 0, 0, { .size = 68 * KIB }, false, BUDDY_ABOVE_LIMIT },
	{ 0, 0, 64 * KIB, 0, 32 * KIB, { .size = 32 * KIB }, false, BUDDY_OK },
	{ 0, 0, 64 * KIB, 0, 32 * KIB, { .size = 36 * KIB }, false, BUDDY_ABOVE_LIMIT },
	{ 0, 0, 0, 0, 0, { .size = CHUNK }, false, BUDDY_ABOVE_LIMIT },
	{ 0, 0, 64 * KIB, 0, 0, { .size = 128 * KIB }, true, BUDDY_OK },
	/* Found out by the kernel alone: it rounds up. */
	{ 0,
	  0,
	  28 * KIB,
	  0,
	  0,
	  { .size = 20 * KIB, .min_block_size = 16 * KIB, .flags = TRIM_DISABLE },
	  false,
	  BUDDY_ABOVE_LIMIT },
	{ 0,
	  0,
	  28 * KIB,
	  0,
	  0,
	  { .size = 20 * KIB, .flags = CONTIGUOUS | TRIM_DISABLE },
	  false,
	  BUDDY_ABOVE_LIMIT },
	{ 512 * KIB, 0, BUDDY_NO_LIMIT, 0, 0, { .size = 512 * KIB }, false, BUDDY_OK },
	{ 512 * KIB, 0, BUDDY_NO_LIMIT, 0, 0, { .size = 516 * KIB }, false, BUDDY_ALL_RESERVED },
	{ 512 * KIB, 0, BUDDY_NO_LIMIT, 0, 0, { .size = 516 * KIB }, true, BUDDY_ALL_RESERVED },
	/* The part of a reservation that the other account uses is reserved no more. */
	{ 512 * KIB, 256 * KIB, MIB, 0, 0, { .size = 512 * KIB }, true, BUDDY_OK },
	{ 512 * KIB, 256 * KIB, MIB, 0, 0, { .size = 516 * KIB }, true, BUDDY_ALL_RESERVED },
	{ 256 * KIB, 512 * KIB, MIB, 0, 0, { .size = 512 * KIB }, false, BUDDY_OK },
	/* Our own reservation is ours. */
	{ 0, 0, MIB, 512 * KIB, 0, { .size = MIB }, false, BUDDY_OK },
	{ 256 * KIB, 0, MIB, 512 * KIB, 128 * KIB, { .size = 640 * KIB }, false, BUDDY_OK },
	{ 256 * KIB, 0, MIB, 512 * KIB, 128 * KIB, { .size = 644 * KIB }, false, BUDDY_ALL_RESERVED },
	{ 256 * KIB, 0, MIB, 512 * KIB, 0, { .size = 260 * KIB }, true, BUDDY_ALL_RESERVED },
	/* More than is free is that, and nothing else; above the limit comes first. */
	{ 512 * KIB, 512 * KIB, MIB, 0, 0, { .size = 516 * KIB }, true, BUDDY_NO_SPACE },
	{ 0, 512 * KIB, 64 * KIB, 0, 0, { .size = MIB }, false, BUDDY_ABOVE_LIMIT },
};

TEST("an account gets its limit and no more, and nobody what others reserve")
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct buddy_request request = refusal->request;
		struct picture before;
		uint32_t ours, others;
		enum buddy_status status;
		EMPTY_LIST(held);
		EMPTY_LIST(others_held);
		EMPTY_LIST(list);

		others = open_account(allocator, BUDDY_NO_LIMIT, refusal->others_reserved);
		ours = open_account(allocator, refusal->limit, refusal->reserved);
		if (refusal->others_used)
			CHECK_OK(ALLOC(allocator, &others_held, .size = refusal->others_used,
				       .account = others));
		if (refusal->used)
			CHECK_OK(ALLOC(allocator, &held, .size = refusal->used, .account = ours));

		take_picture(allocator, &before);
		request.account = refusal->is_anonymous ? 0 : ours;
		status = alloc_checked(allocator, &list, request);
		if (status != refusal->status)
			test_fail(TEST_HERE, "case %zu ends with status %d, not %d", i, status,
				  refusal->status);
		if (status)
			CHECK_UNCHANGED(allocator, &before);
		else
			free_picture(&before);
		CHECK_INVARIANTS(allocator, NULL);
		buddy_free(&list, false);
		buddy_free(&held, false);
		buddy_free(&others_held, false);
		buddy_close_account(allocator, ours);
		buddy_close_account(allocator, others);
		drop_allocator(allocator);
	}
}

TEST("claims, extensions and batches of others leave alone what is reserved")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, MIB - 32 * KIB);
	const double chunk = 16;
	const uint8_t order = 3, larger = 4;
	struct buddy_places places = { 1, &chunk, &larger, NULL };
	uint64_t failed;
	EMPTY_LIST(list);

	CHECK_STATUS(buddy_claim(allocator, &list, &places, 0, 0, BUDDY_AS_FOUND, &failed),
		     ALL_RESERVED);
	places.orders = &order;
	CHECK_OK(buddy_claim(allocator, &list, &places, 0, 0, BUDDY_AS_FOUND, &failed));
	CHECK_STATUS(buddy_extend(&list, CHUNK), ALL_RESERVED);
	CHECK_INVARIANTS(allocator, NULL);
	CHECK_OK(change(allocator, account, BUDDY_NO_LIMIT, 0));
	CHECK_OK(buddy_extend(&list, CHUNK));
	CHECK_OK(buddy_free(&list, false));
	buddy_close_account(allocator, account);
	drop_allocator(allocator);
}

TEST("a reservation that cannot be kept is refused")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, 512 * KIB);
	struct buddy_quota quota = { BUDDY_NO_LIMIT, 512 * KIB + 1 };
	uint32_t other;
	EMPTY_LIST(list);

	CHECK_STATUS(buddy_open_account(allocator, &quota, &other), RESERVED_ABOVE_SPACE);
	quota.reserved = UINT64_MAX;
	CHECK_STATUS(buddy_open_account(allocator, &quota, &other), RESERVED_ABOVE_SPACE);
	CHECK_STATUS(change(allocator, account, BUDDY_NO_LIMIT, MIB + 1), RESERVED_ABOVE_SPACE);
	CHECK_STATUS(change(allocator, account, 512 * KIB - 1, 512 * KIB), RESERVED_ABOVE_LIMIT);
	CHECK_OK(ALLOC(allocator, &list, .size = 256 * KIB));
	CHECK_STATUS(change(allocator, account, MIB, 768 * KIB + 1), RESERVED_NOT_FREE);
	CHECK_OK(change(allocator, account, MIB, 768 * KIB));
	CHECK_INVARIANTS(allocator, NULL);
	/* Refusals have changed nothing. */
	CHECK_STATUS(change(allocator, account, MIB, MIB), RESERVED_NOT_FREE);
	CHECK_EQ(buddy_describe_account(allocator, account).quota.reserved, 768 * KIB);
	CHECK_OK(buddy_free(&list, false));

	/* The part of a reservation that the account uses need not be free. */
	CHECK_OK(ALLOC(allocator, &list, .size = 512 * KIB, .account = account));
	CHECK_OK(change(allocator, account, MIB, MIB));
	/* NULL leaves a value as it is. */
	CHECK_OK(buddy_change_account(allocator, account, &(uint64_t){ 2 * MIB }, NULL));
	CHECK_EQ(buddy_describe_account(allocator, account).quota.limit, 2 * MIB);
	CHECK_EQ(buddy_describe_account(allocator, account).quota.reserved, MIB);
	CHECK_OK(buddy_change_account(allocator, account, NULL, &(uint64_t){ 0 }));
	CHECK_EQ(buddy_describe_account(allocator, account).quota.limit, 2 * MIB);
	/* A limit below what is in use takes nothing away. */
	CHECK_OK(change(allocator, account, CHUNK, 0));
	CHECK_EQ(used_by(allocator, account), 512 * KIB);
	CHECK_OK(buddy_trim(&list, NULL, 4 * CHUNK));
	CHECK_OK(buddy_free(&list, false));
	buddy_close_account(allocator, account);
	CHECK_INVARIANTS(allocator, NULL);
	drop_allocator(allocator);
}

TEST("lists of different accounts are not joined")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, 0);
	struct picture before;
	EMPTY_LIST(list);
	EMPTY_LIST(other);

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK, .account = account));
	CHECK_OK(ALLOC(allocator, &other, .size = CHUNK));
	take_picture(allocator, &before);
	CHECK_STATUS(buddy_append(&list, &other, 0), LIST_OF_OTHER_ACCOUNT);
	CHECK_STATUS(buddy_append(&other, &list, 0), LIST_OF_OTHER_ACCOUNT);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&other, false));
	buddy_close_account(allocator, account);
	drop_allocator(allocator);
}

TEST("an account lives while it is open or holds bytes, its reservation while it is open")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, MIB, 512 * KIB), again;
	struct buddy_token token = buddy_account_token(allocator, account);
	EMPTY_LIST(list);

	CHECK_OK(buddy_find_account(allocator, token, &again));
	CHECK_EQ(again, account);
	CHECK_OK(ALLOC(allocator, &list, .size = 256 * KIB, .account = account));
	buddy_close_account(allocator, account);
	CHECK_EQ(allocator->promised, 256 * KIB);
	buddy_close_account(allocator, again);
	CHECK_EQ(allocator->promised, 0);
	CHECK_INVARIANTS(allocator, NULL);

	/* Its bytes keep it, and its limit. */
	CHECK_OK(buddy_find_account(allocator, token, &again));
	CHECK_EQ(used_by(allocator, again), 256 * KIB);
	CHECK_EQ(buddy_describe_account(allocator, again).quota.limit, MIB);
	buddy_close_account(allocator, again);
	CHECK_OK(buddy_free(&list, false));
	CHECK_STATUS(buddy_find_account(allocator, token, &again), TOKEN_UNKNOWN);
	CHECK_EQ(allocator->extras, 0);
	CHECK_INVARIANTS(allocator, NULL);
	drop_allocator(allocator);
}

TEST("there are 2047 accounts at one time, and a number is used again")
{
	static const struct buddy_quota quota = { BUDDY_NO_LIMIT, 0 };
	struct buddy_allocator *allocator = new_allocator(16 * MIB);
	static uint32_t accounts[BUDDY_MOST_ACCOUNTS];
	static struct buddy_list lists[BUDDY_MOST_ACCOUNTS];
	uint32_t more;

	for (uint32_t i = 0; i < BUDDY_MOST_ACCOUNTS; i++) {
		CHECK_OK(buddy_open_account(allocator, &quota, &accounts[i]));
		buddy_list_init(&lists[i], BUDDY_NOBODY);
		CHECK_OK(ALLOC(allocator, &lists[i], .size = CHUNK, .tag = BUDDY_TAG_MASK,
			       .account = accounts[i]));
		CHECK_EQ(buddy_first(&lists[i]).tag, BUDDY_TAG_MASK);
	}
	CHECK_STATUS(buddy_open_account(allocator, &quota, &more), TOO_MANY_ACCOUNTS);
	CHECK_INVARIANTS(allocator, NULL);
	for (uint32_t i = 0; i < BUDDY_MOST_ACCOUNTS; i++) {
		CHECK_EQ(used_by(allocator, accounts[i]), CHUNK);
		buddy_close_account(allocator, accounts[i]);
		CHECK_OK(buddy_free(&lists[i], false));
	}
	CHECK_OK(buddy_open_account(allocator, &quota, &more));
	CHECK(more <= BUDDY_MOST_ACCOUNTS);
	buddy_close_account(allocator, more);
	CHECK_INVARIANTS(allocator, NULL);
	drop_allocator(allocator);
}

TEST("accounts count in the caller's unit")
{
	struct buddy_allocator *allocator = new_allocator_with(
		(struct buddy_config){ .size = 4096, .chunk_size = 1, .any_unit = true });
	uint32_t account = open_account(allocator, 100, 100);
	EMPTY_LIST(list);
	EMPTY_LIST(other);

	CHECK_STATUS(ALLOC(allocator, &other, .size = 3997), ALL_RESERVED);
	CHECK_OK(ALLOC(allocator, &other, .size = 3996));
	CHECK_STATUS(ALLOC(allocator, &list, .size = 101, .account = account), ABOVE_LIMIT);
	CHECK_OK(ALLOC(allocator, &list, .size = 99, .account = account));
	CHECK_EQ(used_by(allocator, account), 99);
	CHECK_INVARIANTS(allocator, NULL);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&other, false));
	buddy_close_account(allocator, account);
	drop_allocator(allocator);
}

TEST("a saved state knows tags, and not accounts")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, 0);
	double tags[2], counts[2], chunks[2], free_chunks[32];
	uint8_t orders[2], clear[2], free_orders[32];
	struct buddy_state state = { 2,      2,      32,    tags,        counts,
				     chunks, orders, clear, free_chunks, free_orders };
	bool is_written;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK, .tag = 5, .account = account));
	CHECK_OK(buddy_save(allocator, &state, &is_written));
	CHECK(is_written);
	CHECK_EQ(state.list_count, 1);
	CHECK_EQ((uint64_t)tags[0], 5);
	CHECK_OK(buddy_free(&list, false));
	buddy_close_account(allocator, account);
	drop_allocator(allocator);
}

/* An environment with a handle on an allocator, which the test has another reference to. */
struct environment {
	struct buddy_owner owner;
	struct buddy_handle *handle;
	uint32_t account;
	struct buddy_account_record record;
};

static void begin_environment(struct environment *environment, struct buddy_allocator *allocator,
			      uint32_t account)
{
	uint32_t slot;

	buddy_get(allocator);
	buddy_owner_init(&environment->owner);
	slot = buddy_owner_take(&environment->owner, allocator, false);
	environment->handle = buddy_owner_handle(&environment->owner, slot);
	slot = buddy_owner_take_account(&environment->owner, environment->handle, account);
	environment->account = slot;
	environment->record = (struct buddy_account_record){
		slot + 1, slots_generation(&environment->owner.accounts, slot)
	};
}

/* Runs a batch of allocations, each of one chunk, as a whole. */
static enum buddy_status run_batch(struct environment *environment, struct buddy_record *records,
				   size_t count, uint32_t group, uint8_t *results)
{
	const struct buddy_request_record request = { .min_block_size = CHUNK,
						      .account = environment->record };
	struct buddy_batch batch = {
		.records = records,
		.requests = &request,
		.request_count = 1,
		.results = results,
		.rows = count,
		.count = count,
		.whole = count,
		.group = buddy_owner_group(&environment->owner, group),
	};

	for (size_t i = 0; i < count; i++)
		records[i] =
			(struct buddy_record){ .what = BUDDY_RECORD_ALLOC | BUDDY_RECORD_IN_BATCH,
					       .size = CHUNK };
	return buddy_run_batch(&environment->owner, environment->handle, &batch);
}

enum { ROWS = 8 };

TEST("a batch is charged, and one that fails as a whole is given back")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, ROWS * CHUNK, 0), group;
	union {
		uint64_t cells[(ROWS + 1) * 2];
		uint8_t bytes[(ROWS + 1) * BUDDY_BATCH_BYTES_PER_ROW];
	} results = { { 0 } };
	struct buddy_record records[ROWS + 1];
	struct environment environment;

	begin_environment(&environment, allocator, account);
	group = buddy_owner_open_group(&environment.owner);
	CHECK_STATUS(run_batch(&environment, records, ROWS + 1, group, results.bytes), ABOVE_LIMIT);
	CHECK_EQ(used_by(allocator, account), 0);
	CHECK_INVARIANTS(allocator, NULL);
	CHECK_OK(run_batch(&environment, records, ROWS, group, results.bytes));
	CHECK_EQ(used_by(allocator, account), ROWS * CHUNK);
	CHECK_INVARIANTS(allocator, NULL);

	/* An environment that ends gives its bytes back, and its account. */
	buddy_owner_destroy(&environment.owner);
	CHECK_EQ(allocator->account_count, 0);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

TEST("an account is named by a slot of its environment, for allocations of its allocator")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, 0), found;
	const struct buddy_account_record none = { 0, 0 };
	struct environment environment;

	begin_environment(&environment, allocator, account);
	CHECK_OK(buddy_owner_find_account(&environment.owner, allocator, &environment.record,
					  &found));
	CHECK_EQ(found, account);
	CHECK_OK(buddy_owner_find_account(&environment.owner, other, &none, &found));
	CHECK_EQ(found, BUDDY_NO_ACCOUNT);
	CHECK_STATUS(
		buddy_owner_find_account(&environment.owner, other, &environment.record, &found),
		ACCOUNT_FOREIGN);
	buddy_owner_close_account(&environment.owner, environment.account);
	buddy_owner_close_account(&environment.owner, environment.account);
	CHECK_STATUS(buddy_owner_find_account(&environment.owner, allocator, &environment.record,
					      &found),
		     ACCOUNT_DISPOSED);
	CHECK_EQ(allocator->account_count, 0);
	buddy_owner_destroy(&environment.owner);
	drop_allocator(allocator);
	drop_allocator(other);
}

TEST("an open account keeps its allocator, and works when that is poisoned")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t account = open_account(allocator, BUDDY_NO_LIMIT, 0);
	struct environment environment;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK, .account = account));
	begin_environment(&environment, allocator, account);
	buddy_owner_dispose(&environment.owner, environment.handle->slot,
			    slots_generation_of(environment.handle));
	buddy_put(allocator);
	corrupt(&list);
	CHECK_STATUS(buddy_free(&list, false), POISONED);
	CHECK_STATUS(change(allocator, account, MIB, 0), POISONED);
	CHECK_EQ(used_by(allocator, account), CHUNK);
	buddy_owner_close_account(&environment.owner, environment.account);
	CHECK_EQ(environment.owner.handles.first_free, 0);
	buddy_owner_destroy(&environment.owner);
}

/* Threads that take, free and change quotas of the same accounts. */
enum { THREADS = 4, ACCOUNTS = 3, HELD = 24 };
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { STEPS = 5000 };
#else
enum { STEPS = 250000 };
#endif

static struct {
	struct buddy_allocator *allocator;
	uint32_t accounts[ACCOUNTS];
	_Atomic uint64_t granted, refused[BUDDY_STATUS_COUNT];
} common;

static enum buddy_status check_promises(struct buddy_allocator *allocator, void *arguments)
{
	uint64_t promised = 0;

	(void)arguments;
	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		const struct buddy_account *account =
			slots_at(&allocator->accounts, common.accounts[i] - 1);

		if (account->quota.reserved > account->used)
			promised += account->quota.reserved - account->used;
	}
	CHECK_EQ(allocator->promised, promised);
	CHECK(promised <= allocator->mm.avail);
	return BUDDY_OK;
}

static void step(struct buddy_list *list, uint64_t *random)
{
	uint64_t size = CHUNK << random_below(random, 6);
	uint32_t chosen = (uint32_t)random_below(random, ACCOUNTS + 1);
	uint32_t account = chosen < ACCOUNTS ? common.accounts[chosen] : BUDDY_NO_ACCOUNT;
	enum buddy_status status;

	if (account && !random_below(random, 8)) {
		uint64_t reserved = random_below(random, 128) * CHUNK;

		change(common.allocator, account, reserved + random_below(random, 256) * CHUNK,
		       reserved);
	} else if (!list->allocator) {
		status = ALLOC(common.allocator, list, .size = size, .account = account,
			       .flags = random_below(random, 4) ? 0 : CONTIGUOUS | TRIM_DISABLE);
		if (status)
			common.refused[status]++;
		else
			common.granted++;
	} else if (!random_below(random, 4)) {
		buddy_trim(list, NULL, CHUNK);
	} else if (!random_below(random, 8)) {
		buddy_extend(list, CHUNK);
	} else {
		CHECK_OK(buddy_free(list, random_below(random, 2)));
	}
}

static void *hammer(void *seed)
{
	uint64_t random = (uintptr_t)seed;
	struct buddy_list lists[HELD];

	for (unsigned int i = 0; i < HELD; i++)
		buddy_list_init(&lists[i], BUDDY_NOBODY);
	for (unsigned int i = 0; i < STEPS; i++) {
		step(&lists[random_below(&random, HELD)], &random);
		CHECK_OK(buddy_run(common.allocator, check_promises, NULL));
	}
	for (unsigned int i = 0; i < HELD; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	return NULL;
}

TEST("four threads hammer limits and reservations: nothing is overdrawn, and no byte adrift")
{
	pthread_t threads[THREADS];
	struct buddy_token token;

	common.allocator = new_allocator(MIB);
	CHECK_OK(buddy_share(common.allocator, &token));
	for (unsigned int i = 0; i < ACCOUNTS; i++)
		common.accounts[i] = open_account(common.allocator, BUDDY_NO_LIMIT, 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, hammer, (void *)(i + 1)));
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(common.granted > STEPS / 8);
	CHECK(common.refused[BUDDY_ABOVE_LIMIT] && common.refused[BUDDY_ALL_RESERVED]);
	CHECK_INVARIANTS(common.allocator, NULL);
	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		CHECK_EQ(used_by(common.allocator, common.accounts[i]), 0);
		buddy_close_account(common.allocator, common.accounts[i]);
	}
	drop_allocator(common.allocator);
}
