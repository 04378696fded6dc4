/* Operations in a row: native/buddy/run.c. */
#include "scenario.h"

#include <buddy/run.h>

static struct buddy_prepared one_chunk = { .request = { .size = CHUNK, .min_block_size = CHUNK } };

static struct buddy_operation alloc_of(struct buddy_allocator *allocator, struct buddy_list *list,
				       struct buddy_prepared *prepared)
{
	/* What was made of it for one allocator does not hold for another. */
	prepared->is_known = false;
	return (struct buddy_operation){
		.kind = BUDDY_ALLOC, .allocator = allocator, .list = list, .prepared = prepared
	};
}

static struct buddy_operation freeing_of(struct buddy_list *list)
{
	return (struct buddy_operation){ .kind = BUDDY_FREE, .list = list };
}

static struct buddy_operation undo_of(struct buddy_list *list)
{
	return (struct buddy_operation){ .kind = BUDDY_UNDO, .list = list };
}

static size_t run(struct buddy_operation *operations, size_t count)
{
	return buddy_run(&(struct buddy_run){ .operations = operations, .count = count });
}

TEST("operations are done in their order, whatever they are, and tell of the first block")
{
	struct buddy_allocator *allocator = new_allocator(64 * KIB);
	struct buddy_prepared large = {
		.request = { .size = 24 * KIB, .min_block_size = CHUNK, .tag = 3 }
	};
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	EMPTY_LIST(c);
	struct buddy_operation operations[] = {
		alloc_of(allocator, &a, &one_chunk),
		alloc_of(allocator, &b, &large),
		freeing_of(&a),
		alloc_of(allocator, &c, &one_chunk),
		freeing_of(&b),
	};

	CHECK_EQ(run(operations, 5), 5);
	for (size_t i = 0; i < 5; i++)
		CHECK_EQ(operations[i].status, BUDDY_OK);
	CHECK_EQ(operations[0].count, 1);
	CHECK_EQ(operations[0].offset, 60 * KIB);
	CHECK_EQ(operations[0].order, 0);
	CHECK_EQ(operations[1].count, 2);
	CHECK_EQ(operations[1].order, 2);
	CHECK_EQ(operations[3].offset, 60 * KIB);
	CHECK_SAME(a.allocator, NULL);
	CHECK_SAME(b.allocator, NULL);
	CHECK_EQ(avail_of(allocator), 60 * KIB);
	CHECK_OK(buddy_free(&c, false));
	drop_allocator(allocator);
}

TEST("a row changes from one allocator to another and back")
{
	struct buddy_allocator *small = new_allocator(CHUNK), *large = new_allocator(MIB);
	struct buddy_list lists[4];
	struct buddy_prepared prepared[4];
	struct buddy_operation operations[5];

	for (unsigned int i = 0; i < 4; i++) {
		buddy_list_init(&lists[i]);
		prepared[i] = one_chunk;
		operations[i] = alloc_of(i % 2 ? large : small, &lists[i], &prepared[i]);
	}
	operations[4] = freeing_of(&lists[0]);
	CHECK_EQ(run(operations, 5), 5);
	CHECK_EQ(operations[2].status, BUDDY_NO_SPACE);
	CHECK_EQ(operations[2].count, 0);
	CHECK_EQ(operations[3].status, BUDDY_OK);
	CHECK_EQ(avail_of(small), CHUNK);
	CHECK_EQ(avail_of(large), MIB - 2 * CHUNK);
	CHECK_OK(buddy_free(&lists[1], false));
	CHECK_OK(buddy_free(&lists[3], false));
	drop_allocator(small);
	drop_allocator(large);
}

TEST("what cannot be done is told, and the rest is done")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(a);
	EMPTY_LIST(empty);
	struct buddy_operation operations[] = {
		alloc_of(allocator, &a, &one_chunk),
		alloc_of(allocator, &a, &one_chunk),
		freeing_of(&empty),
		{ .kind = BUDDY_FREE, .status = BUDDY_FREED },
		freeing_of(&a),
		freeing_of(&a),
	};
	static const enum buddy_status expected[] = { BUDDY_OK,    BUDDY_LIST_IN_USE, BUDDY_FREED,
						      BUDDY_FREED, BUDDY_OK,          BUDDY_FREED };

	CHECK_EQ(run(operations, 6), 6);
	for (size_t i = 0; i < 6; i++)
		CHECK_EQ(operations[i].status, expected[i]);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

TEST("a run that stops at a failure does nothing after it")
{
	struct buddy_allocator *allocator = new_allocator(2 * CHUNK);
	struct buddy_list lists[4];
	struct buddy_operation operations[4];

	for (unsigned int i = 0; i < 4; i++) {
		buddy_list_init(&lists[i]);
		operations[i] = alloc_of(allocator, &lists[i], &one_chunk);
	}
	CHECK_EQ(buddy_run(&(struct buddy_run){
			 .operations = operations, .count = 4, .stops_at_failure = true }),
		 3);
	CHECK_EQ(operations[2].status, BUDDY_NO_SPACE);
	CHECK_EQ(operations[3].status, BUDDY_OK);
	CHECK_SAME(lists[3].allocator, NULL);
	CHECK_OK(buddy_free(&lists[0], false));
	CHECK_OK(buddy_free(&lists[1], false));
	drop_allocator(allocator);
}

TEST("what is taken back leaves clear and dirty memory as they were")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_prepared clear = {
		.request = { .size = 12 * KIB, .min_block_size = CHUNK, .flags = CLEAR }
	};
	EMPTY_LIST(cleared);
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct buddy_operation allocs[] = { alloc_of(allocator, &a, &clear),
					    alloc_of(allocator, &b, &one_chunk) };
	struct buddy_operation undos[] = { undo_of(&b), undo_of(&a) };
	struct picture before;

	CHECK_OK(ALLOC(allocator, &cleared, .size = 64 * KIB));
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &before);
	CHECK_EQ(run(allocs, 2), 2);
	CHECK_EQ(clear_bytes_in(&a), 12 * KIB);
	CHECK_EQ(run(undos, 2), 2);
	CHECK_SAME(a.allocator, NULL);
	CHECK_UNCHANGED(allocator, &before);
	drop_allocator(allocator);
}

TEST("a watcher learns of the state after each operation, and of the blocks of long lists")
{
	struct buddy_allocator *allocator = new_allocator(64 * KIB);
	struct buddy_prepared large = {
		.request = { .size = 28 * KIB, .min_block_size = CHUNK, .tag = 9 }
	};
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct buddy_operation operations[] = { alloc_of(allocator, &a, &one_chunk),
						alloc_of(allocator, &b, &large), freeing_of(&a) };
	struct buddy_avail avail[3];
	struct buddy_sink sink = { avail, new_columns(3), 0, false };

	CHECK_EQ(buddy_run(&(struct buddy_run){ operations, 3, &sink, false }), 3);
	CHECK_EQ(avail[0].avail, 60 * KIB);
	CHECK_EQ(avail[1].avail, 32 * KIB);
	CHECK_EQ(avail[2].avail, 36 * KIB);
	CHECK_EQ(sink.used, 3);
	CHECK_EQ(sink.columns.orders[0], 2);
	CHECK_EQ(sink.columns.orders[2], 0);
	CHECK_EQ((uint64_t)sink.columns.tags[1], 9);
	CHECK_OK(buddy_free(&b, false));
	free_columns(&sink.columns);
	drop_allocator(allocator);
}

TEST("a run ends where its watcher has no room for the blocks of a list")
{
	struct buddy_allocator *allocator = new_allocator(64 * KIB);
	struct buddy_prepared large = { .request = { .size = 28 * KIB, .min_block_size = CHUNK } };
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct buddy_operation operations[] = { alloc_of(allocator, &a, &large),
						alloc_of(allocator, &b, &one_chunk) };
	struct buddy_avail avail[2];
	struct buddy_sink sink = { avail, new_columns(2), 0, false };

	CHECK_EQ(buddy_run(&(struct buddy_run){ operations, 2, &sink, false }), 1);
	CHECK(sink.full);
	CHECK_EQ(sink.used, 0);
	CHECK_EQ(operations[0].count, 3);
	CHECK_SAME(b.allocator, NULL);
	CHECK_OK(buddy_free(&a, false));
	free_columns(&sink.columns);
	drop_allocator(allocator);
}

TEST("a BUG in the middle of a run ends its allocator, and no other")
{
	struct buddy_allocator *lost = new_allocator(MIB), *other = new_allocator(MIB);
	struct buddy_prepared of_other = one_chunk;
	EMPTY_LIST(corrupted);
	EMPTY_LIST(held);
	EMPTY_LIST(a);
	EMPTY_LIST(b);

	CHECK_OK(ALLOC(lost, &corrupted, .size = CHUNK));
	CHECK_OK(ALLOC(lost, &held, .size = CHUNK));
	corrupt(&corrupted);

	struct buddy_operation operations[] = {
		freeing_of(&corrupted),
		alloc_of(lost, &a, &one_chunk),
		alloc_of(other, &b, &of_other),
		freeing_of(&held),
		freeing_of(&b),
	};
	static const enum buddy_status expected[] = { BUDDY_POISONED, BUDDY_POISONED, BUDDY_OK,
						      BUDDY_POISONED, BUDDY_OK };

	CHECK_EQ(run(operations, 5), 5);
	for (size_t i = 0; i < 5; i++)
		CHECK_EQ(operations[i].status, expected[i]);
	CHECK_SAME(corrupted.allocator, NULL);
	CHECK_SAME(held.allocator, NULL);
	CHECK_SAME(a.allocator, NULL);
	CHECK_EQ(avail_of(other), MIB);
	drop_allocator(other);
	buddy_put(lost);
}

TEST("a run may give up the last that keeps its allocator alive")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct buddy_operation operations[] = { freeing_of(&a), freeing_of(&b) };

	CHECK_OK(ALLOC(allocator, &a, .size = CHUNK));
	CHECK_OK(ALLOC(allocator, &b, .size = CHUNK));
	buddy_put(allocator);
	CHECK_EQ(run(operations, 2), 2);
	CHECK_SAME(a.allocator, NULL);
	CHECK_SAME(b.allocator, NULL);
}
