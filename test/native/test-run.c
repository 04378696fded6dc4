/* Operations in a row: native/buddy/run.c. */
#include "scenario.h"

#include <buddy/run.h>

enum kind { DO_ALLOC, DO_ALLOC_RAW, DO_FREE, DO_UNDO };

struct operation {
	enum kind kind;
	struct buddy_list *list;
	struct buddy_prepared *prepared;
	enum buddy_status status;
};

struct row {
	struct operation *operations;
	size_t count, done;
	/* After each operation. */
	struct buddy_avail avail[8];
};

static struct buddy_prepared one_chunk(void)
{
	return (struct buddy_prepared){ .request = { .size = CHUNK, .min_block_size = CHUNK } };
}

static enum buddy_status perform(struct buddy_allocator *allocator,
				 const struct operation *operation)
{
	switch (operation->kind) {
	case DO_ALLOC:
		return buddy_run_alloc(allocator, operation->list, operation->prepared);
	case DO_ALLOC_RAW:
		return buddy_run_alloc_raw(allocator, operation->list,
					   &operation->prepared->request);
	case DO_FREE:
		buddy_run_free(allocator, operation->list, false);
		return BUDDY_OK;
	default:
		buddy_run_undo(allocator, operation->list);
		return BUDDY_OK;
	}
}

static enum buddy_status do_row(struct buddy_allocator *allocator, void *arguments)
{
	struct row *row = arguments;

	for (; row->done < row->count; row->done++) {
		row->operations[row->done].status = perform(allocator, &row->operations[row->done]);
		row->avail[row->done] = buddy_run_avail(allocator);
	}
	return BUDDY_OK;
}

/* A list, by its name. */
struct naming {
	uint32_t owner;
	struct buddy_name name;
	uint64_t freed;
};

static enum buddy_status free_named(struct buddy_allocator *allocator, void *arguments)
{
	struct naming *naming = arguments;

	buddy_run_free_named(allocator, naming->owner, naming->name, false, &naming->freed);
	return BUDDY_OK;
}

TEST("operations are done in their order, whatever they are")
{
	struct buddy_allocator *allocator = new_allocator(64 * KIB);
	struct buddy_prepared small = one_chunk();
	struct buddy_prepared large = {
		.request = { .size = 24 * KIB, .min_block_size = CHUNK, .tag = 3 }
	};
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	EMPTY_LIST(c);
	struct operation operations[] = {
		{ DO_ALLOC, &a, &small, 0 }, { DO_ALLOC_RAW, &b, &large, 0 },
		{ DO_FREE, &a, NULL, 0 },    { DO_ALLOC, &c, &small, 0 },
		{ DO_FREE, &b, NULL, 0 },
	};
	struct row row = { operations, 5, 0, {} };

	large.request.end = 64 * KIB;
	CHECK_OK(buddy_run(allocator, do_row, &row));
	for (size_t i = 0; i < 5; i++)
		CHECK_OK(operations[i].status);
	CHECK_EQ(row.avail[0].avail, 60 * KIB);
	CHECK_EQ(row.avail[1].avail, 36 * KIB);
	CHECK_EQ(row.avail[2].avail, 40 * KIB);
	CHECK_EQ(row.avail[4].avail, 60 * KIB);
	CHECK_SAME(a.allocator, NULL);
	CHECK_SAME(b.allocator, NULL);
	CHECK_SAME(c.allocator, allocator);
	CHECK_EQ(buddy_first(&c).offset, 60 * KIB);
	CHECK_OK(buddy_free(&c, false));
	drop_allocator(allocator);
}

TEST("failed operations are reported, and the rest is done")
{
	struct buddy_allocator *allocator = new_allocator(2 * CHUNK);
	struct buddy_prepared small = one_chunk(), bad = one_chunk();
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	EMPTY_LIST(c);
	struct operation operations[] = {
		{ DO_ALLOC, &a, &small, 0 },     { DO_ALLOC, &a, &small, 0 },
		{ DO_ALLOC_RAW, &a, &small, 0 }, { DO_ALLOC, &b, &bad, 0 },
		{ DO_ALLOC, &b, &small, 0 },     { DO_ALLOC, &c, &small, 0 },
		{ DO_FREE, &a, NULL, 0 },
	};
	static const enum buddy_status expected[] = { BUDDY_OK,          BUDDY_LIST_IN_USE,
						      BUDDY_LIST_IN_USE, BUDDY_SIZE_BELOW_CHUNK,
						      BUDDY_OK,          BUDDY_NO_SPACE,
						      BUDDY_OK };
	struct row row = { operations, 7, 0, {} };

	bad.request.size = 1;
	CHECK_OK(buddy_run(allocator, do_row, &row));
	for (size_t i = 0; i < 7; i++)
		CHECK_EQ(operations[i].status, expected[i]);
	CHECK_EQ(buddy_count(&c), 0);
	CHECK_EQ(avail_of(allocator), CHUNK);
	CHECK_OK(buddy_free(&b, false));
	drop_allocator(allocator);
}

TEST("each allocation of a run may take all the steps there are")
{
	struct buddy_allocator *allocator;
	struct buddy_config config = { .size = MIB, .chunk_size = CHUNK, .step_limit = 40 };
	struct buddy_prepared small = one_chunk();
	struct buddy_list lists[200];
	struct operation operations[200];
	size_t done = 0;

	CHECK_OK(buddy_create(&config, &allocator));
	for (size_t i = 0; i < 200; i++) {
		buddy_list_init(&lists[i], BUDDY_NOBODY);
		operations[i] = (struct operation){ DO_ALLOC, &lists[i], &small, 0 };
	}
	for (; done < 200; done += 8) {
		struct row row = { operations + done, 8, 0, {} };

		CHECK_OK(buddy_run(allocator, do_row, &row));
	}
	for (size_t i = 0; i < 200; i++) {
		CHECK_OK(operations[i].status);
		CHECK_OK(buddy_free(&lists[i], false));
	}
	drop_allocator(allocator);
}

TEST("undone allocations leave clear and dirty memory as they were")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_prepared small = one_chunk();
	struct buddy_prepared clear = {
		.request = { .size = 12 * KIB, .min_block_size = CHUNK, .flags = CLEAR }
	};
	EMPTY_LIST(cleared);
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct operation allocs[] = { { DO_ALLOC, &a, &clear, 0 }, { DO_ALLOC, &b, &small, 0 } };
	struct operation undos[] = { { DO_UNDO, &b, NULL, 0 }, { DO_UNDO, &a, NULL, 0 } };
	struct picture before;

	CHECK_OK(ALLOC(allocator, &cleared, .size = 64 * KIB));
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &before);
	CHECK_OK(buddy_run(allocator, do_row, &(struct row){ allocs, 2, 0, {} }));
	CHECK_EQ(clear_bytes_in(&a), 12 * KIB);
	CHECK_OK(buddy_run(allocator, do_row, &(struct row){ undos, 2, 0, {} }));
	CHECK_SAME(a.allocator, NULL);
	CHECK_UNCHANGED(allocator, &before);
	drop_allocator(allocator);
}

TEST("the blocks of several lists are read one list after the other, as far as there is room")
{
	struct buddy_allocator *allocator = new_allocator(64 * KIB);
	struct buddy_columns columns = new_columns(4);
	EMPTY_LIST(a);
	EMPTY_LIST(b);

	CHECK_OK(ALLOC(allocator, &a, .size = 28 * KIB, .tag = 9));
	CHECK_OK(ALLOC(allocator, &b, .size = CHUNK));
	CHECK_EQ(buddy_count(&a), 3);
	CHECK(buddy_run_read(&a, &columns, 0));
	CHECK(!buddy_run_read(&a, &columns, 2));
	CHECK(!buddy_run_read(&b, &columns, 4));
	CHECK(!buddy_run_read(&b, &columns, 5));
	CHECK(buddy_run_read(&b, &columns, 3));
	CHECK_EQ(columns.orders[0], 2);
	CHECK_EQ(columns.orders[2], 0);
	CHECK_EQ((uint64_t)columns.tags[1], 9);
	CHECK_EQ((uint64_t)columns.tags[3], 0);
	CHECK_OK(buddy_free(&a, false));
	CHECK_OK(buddy_free(&b, false));
	free_columns(&columns);
	drop_allocator(allocator);
}

TEST("a BUG in the middle of a run ends it, and what was in work or comes later is abandoned")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_prepared small = one_chunk();
	EMPTY_LIST(corrupted);
	EMPTY_LIST(held);
	EMPTY_LIST(a);
	EMPTY_LIST(b);
	struct operation operations[] = { { DO_ALLOC, &a, &small, 0 },
					  { DO_FREE, &corrupted, NULL, 0 },
					  { DO_ALLOC, &b, &small, 0 },
					  { DO_FREE, &held, NULL, 0 } };
	struct row row = { operations, 4, 0, {} };

	CHECK_OK(ALLOC(allocator, &corrupted, .size = CHUNK));
	CHECK_OK(ALLOC(allocator, &held, .size = CHUNK));
	corrupt(&corrupted);

	CHECK_EQ(buddy_run(allocator, do_row, &row), BUDDY_POISONED);
	CHECK_EQ(row.done, 1);
	CHECK_SAME(corrupted.allocator, NULL);
	CHECK_SAME(held.allocator, allocator);
	CHECK_EQ(buddy_run(allocator, do_row, &row), BUDDY_POISONED);
	CHECK_EQ(row.done, 1);
	buddy_abandon(&corrupted);
	buddy_abandon(&held);
	buddy_abandon(&b);
	buddy_abandon(&a);
	CHECK_SAME(corrupted.allocator, NULL);
	CHECK_SAME(held.allocator, NULL);
	CHECK_SAME(a.allocator, NULL);
	CHECK_EQ(buddy_count(&a), 0);
	buddy_put(allocator);
}

TEST("a list is freed in a run by its name, once, and not by another owner's number")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct naming naming = { .owner = buddy_open_owner(allocator) };
	struct buddy_list list = { .owner = naming.owner };

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	naming.name = buddy_name_of(&list);
	naming.owner++;
	CHECK_OK(buddy_run(allocator, free_named, &naming));
	CHECK_EQ(naming.freed, 0);
	naming.owner--;
	CHECK_OK(buddy_run(allocator, free_named, &naming));
	CHECK_EQ(naming.freed, 1);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_OK(buddy_run(allocator, free_named, &naming));
	CHECK_EQ(naming.freed, 1);
	drop_allocator(allocator);
}

TEST("a list that meets a BUG while it is freed by its name counts as freed, and later ones are abandoned")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct naming naming = { .owner = buddy_open_owner(allocator) };
	struct buddy_list list = { .owner = naming.owner }, later = { .owner = naming.owner };
	struct buddy_name name;

	CHECK_OK(ALLOC(allocator, &list, .size = CHUNK));
	CHECK_OK(ALLOC(allocator, &later, .size = CHUNK));
	naming.name = buddy_name_of(&list);
	name = buddy_name_of(&later);
	corrupt(&list);
	CHECK_STATUS(buddy_run(allocator, free_named, &naming), POISONED);
	CHECK_EQ(naming.freed, 1);
	CHECK(!buddy_abandon_named(allocator, naming.owner, naming.name));
	CHECK(!buddy_abandon_named(allocator, naming.owner + 1, name));
	CHECK(buddy_abandon_named(allocator, naming.owner, name));
	CHECK(!buddy_abandon_named(allocator, naming.owner, name));
	buddy_put(allocator);
}

TEST("rows that will be freed can be fetched ahead, valid or not")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	struct picture before;
	EMPTY_LIST(root);
	EMPTY_LIST(left);

	CHECK_OK(ALLOC(allocator, &left, .size = CHUNK));
	CHECK_OK(ALLOC(other, &root, .size = MIB));
	take_picture(allocator, &before);

	const uint32_t nodes[] = { arena_number_of(left.first), arena_number_of(root.first), 12345,
				   BUDDY_NO_NODE, 0xffffffff };
	for (uint32_t owner = 0; owner < 4; owner++) {
		struct buddy_ahead ahead = { { 0 }, 0 }, elsewhere = { { 0 }, 0 };

		for (unsigned int row = 0; row < 4 * BUDDY_ROWS_AHEAD; row++) {
			uint32_t node = nodes[row % (sizeof(nodes) / sizeof(*nodes))];

			buddy_run_fetch_ahead(allocator, owner, &ahead, node);
			buddy_run_fetch_ahead(other, owner, &elsewhere, node);
		}
	}
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_free(&left, false));
	CHECK_OK(buddy_free(&root, false));
	drop_allocator(allocator);
	drop_allocator(other);
}
