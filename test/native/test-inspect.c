/* Looking at an allocator as a whole: native/buddy/inspect.c. */
#include "capture.h"
#include "scenario.h"

#include <stdio.h>
#include <string.h>

TEST("an address in use is found with its block and tag, whatever part of the block it is in")
{
	static const uint64_t addresses[] = { 64 * KIB, 64 * KIB + 1, 100 * KIB,
					      128 * KIB - 4 * KIB, 128 * KIB - 1 };
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .start = 64 * KIB, .end = 128 * KIB, .size = 64 * KIB,
		       .flags = RANGE, .tag = 12));
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct buddy_block_info block = { 0 };
		bool found = false;

		CHECK_OK(buddy_lookup(allocator, addresses[i], &block, &found));
		CHECK(found);
		CHECK_EQ(block.offset, 64 * KIB);
		CHECK_EQ(block.order, 4);
		CHECK_EQ(block.tag, 12);
		CHECK(block.allocated);
		CHECK(!block.clear);
	}
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an address that is free is not found")
{
	static const uint64_t addresses[] = { 0, 64 * KIB - 1, 128 * KIB, MIB - 1 };
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_list list;

	take_at(allocator, &list, 64 * KIB, 64 * KIB);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct buddy_block_info block = { .offset = 99 };
		bool found = true;

		CHECK_OK(buddy_lookup(allocator, addresses[i], &block, &found));
		CHECK(!found);
		CHECK_EQ(block.offset, 99);
	}
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an address beyond the space is an error")
{
	static const uint64_t sizes[] = { MIB, 10 * GIB, 28 * KIB, ~0ULL - 4095 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buddy_allocator *allocator = new_allocator(sizes[i]);
		struct buddy_block_info block;
		bool found;

		CHECK_OK(buddy_lookup(allocator, sizes[i] - 1, &block, &found));
		CHECK_STATUS(buddy_lookup(allocator, sizes[i], &block, &found),
			     ADDRESS_BEYOND_SPACE);
		CHECK_STATUS(buddy_lookup(allocator, ~0ULL, &block, &found), ADDRESS_BEYOND_SPACE);
		drop_allocator(allocator);
	}
}

TEST("a snapshot shows every block in the order of addresses, over all roots")
{
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	struct buddy_list used, cleared;
	struct picture picture;

	take_at(allocator, &used, 24 * KIB, 4 * KIB);
	take_at(allocator, &cleared, 4 * KIB, 4 * KIB);
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &picture);
	CHECK_EQ(picture.count, 5);
	for (int i = 0; i < 5; i++) {
		static const struct {
			uint64_t offset;
			uint8_t order, state;
		} expected[] = { { 0, 0, 0 },
				 { 4 * KIB, 0, BUDDY_STATE_CLEAR },
				 { 8 * KIB, 1, 0 },
				 { 16 * KIB, 1, 0 },
				 { 24 * KIB, 0, BUDDY_STATE_ALLOCATED } };

		CHECK_EQ(picture.columns.offsets[i], expected[i].offset);
		CHECK_EQ(picture.columns.orders[i], expected[i].order);
		CHECK_EQ(picture.columns.states[i], expected[i].state);
	}
	free_picture(&picture);
	CHECK_OK(buddy_free(&used, false));
	drop_allocator(allocator);
}

TEST("a snapshot into columns that are too short writes none, and says what it needs")
{
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	struct buddy_columns columns = new_columns(3);
	uint64_t count = 0;

	for (columns.capacity = 0; columns.capacity < 3; columns.capacity++) {
		memset(columns.offsets, 0x5a, 3 * sizeof(*columns.offsets));
		CHECK_OK(buddy_snapshot(allocator, &columns, &count));
		CHECK_EQ(count, 3);
		CHECK_EQ(columns.offsets[0], 0x5a5a5a5a5a5a5a5a);
	}
	CHECK_OK(buddy_snapshot(allocator, &columns, &count));
	CHECK_EQ(columns.offsets[2], 24 * KIB);
	free_columns(&columns);
	drop_allocator(allocator);
}

TEST("the offsets of a snapshot are doubles where that is asked for, the base offset added")
{
	static const uint64_t offsets[] = { 0, 16 * KIB, 24 * KIB };
	const uint64_t base_offset = (1ULL << 52) + 1;
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	struct buddy_columns columns = new_columns(3);
	uint64_t count;

	columns.base_offset = base_offset;
	for (int as_doubles = 0; as_doubles < 2; as_doubles++) {
		columns.as_doubles = as_doubles;
		CHECK_OK(buddy_snapshot(allocator, &columns, &count));
		CHECK_EQ(count, 3);
		for (unsigned int i = 0; i < 3; i++) {
			uint64_t cell = columns.offsets[i];

			CHECK_EQ(as_doubles ? number_in(cell) : cell, base_offset + offsets[i]);
			CHECK_EQ(columns.orders[i], 2 - i);
		}
	}
	free_columns(&columns);
	drop_allocator(allocator);
}

TEST("stats count blocks by order, bytes and native memory")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_stats before, stats;
	struct buddy_avail avail;
	EMPTY_LIST(list);

	buddy_stats(allocator, &before);
	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	buddy_stats(allocator, &stats);
	buddy_avail(allocator, &avail);
	CHECK_EQ(stats.size, MIB);
	CHECK_EQ(stats.chunk_size, CHUNK);
	CHECK_EQ(stats.avail, MIB - 28 * KIB);
	CHECK_EQ(avail.avail, stats.avail);
	CHECK_EQ(avail.clear_avail, 0);
	CHECK_EQ(avail.kernel_warnings, 0);
	CHECK_EQ(stats.max_order, 8);
	for (unsigned int order = 0; order <= 8; order++) {
		CHECK_EQ(stats.used_blocks[order], order <= 2);
		CHECK_EQ(stats.free_blocks[order], order == 0 || (order >= 3 && order < 8));
	}
	CHECK(before.native_bytes >= 64 * KIB);
	CHECK_EQ(stats.native_bytes, before.native_bytes);
	CHECK_EQ(buddy_native_bytes(allocator), stats.native_bytes);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

struct log {
	int lines;
	char text[4096];
};

static void append(void *reader, const char *line)
{
	struct log *log = reader;

	strcat(log->text, line);
	log->lines++;
}

TEST("print gives the kernel's lines, one for the space and one for each order")
{
	TEST_NEEDS(LINUX_KEEPS_COUNTS);
	struct buddy_allocator *allocator = new_allocator(16 * MIB);
	struct log log = { 0 };
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_OK(buddy_print(allocator, append, &log));
	CHECK_EQ(log.lines, 1 + 13);
	CHECK(strstr(log.text, "chunk_size: 4KiB, total: 16MiB, free: 15MiB, clear_free: 0MiB\n") ==
	      log.text);
	CHECK(strstr(log.text, "order- 0 free:        4 KiB, used:        4 KiB, "
			       "free_blocks: 1, used_blocks: 1\n") != NULL);
	CHECK(strstr(log.text, "order-11 free:        8 MiB, used:        0 MiB, "
			       "free_blocks: 1, used_blocks: 0\n") != NULL);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

static void use_and_print(void)
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct log log = { 0 };
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_OK(buddy_print(allocator, append, &log));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an allocator writes nothing to stdout, not even when it prints")
{
	CHECK_EQ(bytes_written_to_stdout(use_and_print), 0);
}

TEST("free memory can be made clear as a whole, and dirty again")
{
	static const uint64_t sizes[] = { 4 * KIB, 28 * KIB, MIB, 10 * GIB };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buddy_allocator *allocator = new_allocator(sizes[i]);
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
		CHECK_OK(buddy_reset_clear(allocator, true));
		CHECK_EQ(clear_avail_of(allocator), sizes[i] - 4 * KIB);
		CHECK(!buddy_first(&list).clear);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_reset_clear(allocator, false));
		CHECK_EQ(clear_avail_of(allocator), 0);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("memory that is clear and dirty by turns becomes all clear, or all dirty")
{
	for (int clear = 0; clear < 2; clear++) {
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct buddy_list lists[256];

		fill(allocator, lists, CHUNK);
		for (int i = 0; i < 256; i++)
			if (i % 5)
				CHECK_OK(buddy_free(&lists[i], i % 3 == 0));
		CHECK_OK(buddy_reset_clear(allocator, clear));
		CHECK_EQ(clear_avail_of(allocator), clear ? avail_of(allocator) : 0);
		CHECK_BOOKS(allocator);
		for (int i = 0; i < 256; i++)
			CHECK_OK(buddy_free(&lists[i], false));
		drop_allocator(allocator);
	}
}

TEST("nothing has met a BUG in an allocator that works")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_fault bug = buddy_bug(allocator);

	CHECK_SAME(bug.file, NULL);
	CHECK_SAME(bug.condition, NULL);
	CHECK_EQ(bug.line, 0);
	drop_allocator(allocator);
}
