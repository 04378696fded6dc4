/* The journal of an allocator: native/buddy/journal.c. That a replay of one gives the same answers, test/journal and test/soak show. */
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/journal.h>
#include <buddy/owner.h>
#include <buddy/queue.h>
#include <buddy/state.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { ROOM = 1 << 14, LEAST = 4096 };

/* A reader, and what it was given last. */
struct reader {
	uint64_t cells[ROOM];
	struct buddy_entries entries;
	/* The first cell of the next entry, and its number. */
	uint64_t at, sequence;
};

static struct reader reader;

static void reset(struct reader *reads)
{
	reads->entries = (struct buddy_entries){ .cells = reads->cells, .capacity = ROOM };
	reads->at = 0;
}

/* Reads on behind all that was given. Returns whether there is anything. */
static bool read_on(struct buddy_allocator *allocator, struct reader *reads)
{
	reads->entries.seen = reads->entries.place + reads->entries.count;
	CHECK_OK(buddy_read_journal(allocator, &reads->entries));
	reads->at = 0;
	reads->sequence = reads->entries.sequence;
	return reads->entries.count;
}

static uint64_t cell(const struct reader *reads, unsigned int index)
{
	return reads->cells[reads->at + index];
}

static enum buddy_entry_kind kind(const struct reader *reads)
{
	return (uint8_t)cell(reads, BUDDY_ENTRY_WHAT);
}

static enum buddy_status status(const struct reader *reads)
{
	return (uint8_t)(cell(reads, BUDDY_ENTRY_WHAT) >> BUDDY_ENTRY_STATUS_SHIFT);
}

static uint32_t thread(const struct reader *reads)
{
	return (uint32_t)(cell(reads, BUDDY_ENTRY_WHAT) >> BUDDY_ENTRY_THREAD_SHIFT);
}

static uint64_t argument(const struct reader *reads, unsigned int index)
{
	return cell(reads, BUDDY_ENTRY_ARGUMENTS + index);
}

static void skip(struct reader *reads)
{
	reads->sequence += kind(reads) == BUDDY_ENTRY_GAP ? argument(reads, 0) : 1;
	reads->at += (uint32_t)cell(reads, BUDDY_ENTRY_LENGTHS);
	CHECK(reads->at <= reads->entries.count);
}

/* The next entry is of this kind. */
static void expect(enum buddy_entry_kind expected)
{
	CHECK(reader.at < reader.entries.count);
	CHECK_EQ(kind(&reader), expected);
}

static void expect_end(void)
{
	CHECK_EQ(reader.at, reader.entries.count);
}

/* An allocator of 1 MiB with a journal whose start has been read. */
static struct buddy_allocator *new_journaled(void)
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	reset(&reader);
	CHECK_OK(buddy_start_journal(allocator, LEAST, 1234, NULL));
	CHECK(read_on(allocator, &reader));
	expect(BUDDY_ENTRY_START);
	CHECK_EQ(argument(&reader, 2), 1234);
	skip(&reader);
	expect_end();
	CHECK(!read_on(allocator, &reader));
	return allocator;
}

static void drop_journaled(struct buddy_allocator *allocator)
{
	if (allocator->extras & BUDDY_IS_JOURNALED)
		CHECK_OK(buddy_stop_journal(allocator));
	drop_allocator(allocator);
}

TEST("an allocation and a free are written with their answers")
{
	struct buddy_allocator *allocator = new_journaled();
	EMPTY_LIST(list);

	buddy_set_thread(7);
	CHECK_OK(ALLOC(allocator, &list, .size = 8 * KIB, .tag = 5));
	CHECK_OK(buddy_free(&list, true));
	buddy_set_thread(0);
	CHECK(read_on(allocator, &reader));
	CHECK_EQ(reader.sequence, 1);
	expect(BUDDY_ENTRY_ALLOC);
	CHECK_EQ(status(&reader), BUDDY_OK);
	CHECK_EQ(thread(&reader), 7);
	CHECK_EQ(cell(&reader, BUDDY_ENTRY_AVAIL), MIB - 8 * KIB);
	CHECK_EQ(argument(&reader, 0), 8 * KIB);
	CHECK_EQ(argument(&reader, 1), CHUNK);
	CHECK_EQ(argument(&reader, 2), 5);
	/* The block: the last two chunks, of order 1. */
	CHECK_EQ(argument(&reader, 3), 254 << BUDDY_ENTRY_CHUNK_SHIFT | 1);
	skip(&reader);
	expect(BUDDY_ENTRY_FREE);
	CHECK_EQ(argument(&reader, 0), 254 << BUDDY_ENTRY_CHUNK_SHIFT | 1);
	CHECK_EQ(cell(&reader, BUDDY_ENTRY_AVAIL), MIB);
	CHECK_EQ(cell(&reader, BUDDY_ENTRY_CLEAR_AVAIL), 8 * KIB);
	skip(&reader);
	expect_end();
	drop_journaled(allocator);
}

TEST("calls on a list without blocks write nothing")
{
	struct buddy_allocator *allocator = new_journaled();
	struct buddy_list empty = { allocator, NULL, BUDDY_NOBODY };
	struct buddy_list other = empty;

	CHECK_STATUS(buddy_trim(&empty, NULL, CHUNK), TRIM_NOT_SINGULAR);
	CHECK_STATUS(buddy_free_block(&empty, 0, false), INDEX_OUTSIDE_LIST);
	CHECK_STATUS(buddy_extend(&empty, CHUNK), NO_SPACE);
	CHECK_OK(buddy_append(&empty, &other, 0));
	CHECK_OK(buddy_free(&empty, false));
	CHECK(!read_on(allocator, &reader));
	drop_journaled(allocator);
}

TEST("an operation that no entry can describe leaves a gap")
{
	struct buddy_allocator *allocator = new_journaled();
	EMPTY_LIST(list);

	CHECK_OK(ALLOC_RAW(allocator, &list, .end = MIB, .size = 16 * KIB));
	CHECK_OK(buddy_trim_raw(&list, NULL, 8 * KIB));
	CHECK_OK(buddy_free_block_raw(&list, 0));
	CHECK_OK(buddy_reset_clear_raw(allocator, true));
	CHECK(read_on(allocator, &reader));
	expect(BUDDY_ENTRY_GAP);
	CHECK_EQ(reader.sequence, 1);
	CHECK_EQ(argument(&reader, 0), 4);
	skip(&reader);
	expect_end();
	CHECK_OK(buddy_reset_clear(allocator, false));
	CHECK(read_on(allocator, &reader));
	CHECK_EQ(reader.sequence, 5);
	expect(BUDDY_ENTRY_RESET_CLEAR);
	CHECK_OK(buddy_free(&list, false));
	drop_journaled(allocator);
}

static void write_entries(struct buddy_allocator *allocator, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		CHECK_OK(buddy_reset_clear(allocator, i % 2));
}

TEST("a ring that is full counts what it has no room for, in one entry for each time")
{
	struct buddy_allocator *allocator = new_journaled();
	/* An entry has 5 cells, and the gap 6. */
	const uint64_t fit = LEAST / 8 / 5;

	for (unsigned int time = 0; time < 100; time++) {
		uint64_t written = 0, missing = 0, first;

		write_entries(allocator, 1000);
		CHECK(read_on(allocator, &reader));
		first = reader.sequence;
		do {
			for (; reader.at < reader.entries.count; skip(&reader)) {
				if (kind(&reader) != BUDDY_ENTRY_GAP) {
					written++;
					continue;
				}
				CHECK_EQ(missing, 0);
				missing = argument(&reader, 0);
			}
		} while (read_on(allocator, &reader));
		CHECK(written <= fit && written >= fit - 2);
		CHECK_EQ(written + missing, 1000);
		CHECK_EQ(first, 1 + 1000 * time);
	}
	drop_journaled(allocator);
}

TEST("an entry is given again until it has been seen")
{
	struct buddy_allocator *allocator = new_journaled();
	uint64_t seen = reader.entries.seen, length;

	write_entries(allocator, 3);
	for (unsigned int i = 0; i < 2; i++) {
		reader.entries.seen = seen;
		CHECK_OK(buddy_read_journal(allocator, &reader.entries));
		CHECK_EQ(reader.entries.sequence, 1);
		CHECK_EQ(reader.entries.count, 15);
	}
	reader.at = 0;
	length = (uint32_t)cell(&reader, BUDDY_ENTRY_LENGTHS);
	reader.entries.seen = reader.entries.place + length;
	CHECK_OK(buddy_read_journal(allocator, &reader.entries));
	CHECK_EQ(reader.entries.sequence, 2);
	CHECK_EQ(reader.entries.count, 10);
	/* An entry that was never written can't be seen. */
	reader.entries.seen = UINT64_MAX;
	CHECK_OK(buddy_read_journal(allocator, &reader.entries));
	CHECK_EQ(reader.entries.count, 0);
	drop_journaled(allocator);
}

TEST("a reader with little room is told how much the next entry needs")
{
	struct buddy_allocator *allocator = new_journaled();

	write_entries(allocator, 2);
	reader.entries.capacity = 4;
	CHECK(!read_on(allocator, &reader));
	CHECK_EQ(reader.entries.needed, 5);
	CHECK(!reader.entries.is_ended);
	reader.entries.capacity = 9;
	CHECK(read_on(allocator, &reader));
	CHECK_EQ(reader.entries.count, 5);
	drop_journaled(allocator);
}

TEST("the start describes lists, accounts and clear memory, however many there are")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	unsigned int lists = 0, clear = 0;
	struct buddy_list all[MIB / CHUNK];

	fill(allocator, all, CHUNK);
	for (unsigned int i = 0; i < MIB / CHUNK; i += 2)
		CHECK_OK(buddy_free(&all[i], true));
	reset(&reader);
	CHECK_OK(buddy_start_journal(allocator, LEAST, 0, NULL));
	CHECK(read_on(allocator, &reader));
	expect(BUDDY_ENTRY_START);
	for (skip(&reader); reader.at < reader.entries.count; skip(&reader)) {
		lists += kind(&reader) == BUDDY_ENTRY_LIST;
		clear += kind(&reader) == BUDDY_ENTRY_CLEAR;
	}
	CHECK_EQ(lists, 128);
	CHECK_EQ(clear, 128);
	for (unsigned int i = 1; i < MIB / CHUNK; i += 2)
		CHECK_OK(buddy_free(&all[i], false));
	drop_journaled(allocator);
}

TEST("a BUG ends the journal")
{
	struct buddy_allocator *allocator = new_journaled();

	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	CHECK(read_on(allocator, &reader));
	expect(BUDDY_ENTRY_POISONED);
	CHECK(!read_on(allocator, &reader));
	CHECK(reader.entries.is_ended);
	CHECK_STATUS(buddy_stop_journal(allocator), NO_JOURNAL);
	buddy_put(allocator);
}

TEST("one journal is kept at a time, and one that was stopped can be read until the next one begins")
{
	struct buddy_allocator *allocator = new_journaled();

	CHECK_STATUS(buddy_start_journal(allocator, LEAST, 0, NULL), JOURNAL_RUNS);
	write_entries(allocator, 1);
	CHECK_OK(buddy_stop_journal(allocator));
	write_entries(allocator, 1);
	CHECK_STATUS(buddy_stop_journal(allocator), NO_JOURNAL);
	CHECK_EQ(allocator->extras, 0);
	CHECK(read_on(allocator, &reader));
	CHECK_EQ(reader.entries.count, 5);
	CHECK(!read_on(allocator, &reader));
	CHECK(reader.entries.is_ended);
	CHECK_OK(buddy_start_journal(allocator, LEAST, 0, NULL));
	CHECK(!reader.entries.seen || !reader.entries.count);
	drop_journaled(allocator);
}

TEST("a journal that is held goes with its holder, and drops nothing that can still be read")
{
	struct buddy_allocator *allocator = new_journaled();
	int holder, other;

	CHECK_STATUS(buddy_start_journal(allocator, LEAST, 0, &holder), JOURNAL_RUNS);
	buddy_end_journal(allocator, &holder);
	write_entries(allocator, 1);
	CHECK_OK(buddy_stop_journal(allocator));
	CHECK_STATUS(buddy_start_journal(allocator, LEAST, 0, &holder), JOURNAL_RUNS);
	CHECK(read_on(allocator, &reader));
	CHECK(!read_on(allocator, &reader));
	CHECK_OK(buddy_start_journal(allocator, LEAST, 0, &holder));
	CHECK_STATUS(buddy_start_journal(allocator, LEAST, 0, NULL), JOURNAL_RUNS);
	buddy_end_journal(allocator, &other);
	CHECK(allocator->extras & BUDDY_IS_JOURNALED);
	buddy_end_journal(allocator, &holder);
	CHECK(!allocator->journal);
	CHECK_EQ(allocator->extras, 0);
	CHECK_OK(buddy_start_journal(allocator, LEAST, 0, NULL));
	buddy_end_journal(allocator, &holder);
	drop_journaled(allocator);
}

static _Atomic unsigned int told;

static void tell(void *context, uint32_t number)
{
	(void)context;
	told += number;
}

TEST("a waiter is told once of the next entry, and of the end")
{
	struct buddy_allocator *allocator = new_journaled();
	struct buddy_waiter waiter = { .wake = tell, .number = 1 };

	told = 0;
	CHECK(buddy_wait_for_entries(allocator, &waiter));
	CHECK(buddy_wait_for_entries(allocator, &waiter));
	write_entries(allocator, 2);
	CHECK_EQ(told, 1);
	CHECK(!buddy_wait_for_entries(allocator, &waiter));
	CHECK(read_on(allocator, &reader));
	CHECK(!read_on(allocator, &reader));
	CHECK(buddy_wait_for_entries(allocator, &waiter));
	buddy_end_wait_for_entries(allocator, &waiter);
	write_entries(allocator, 1);
	CHECK_EQ(told, 1);
	CHECK(read_on(allocator, &reader));
	CHECK(!read_on(allocator, &reader));
	CHECK(buddy_wait_for_entries(allocator, &waiter));
	CHECK_OK(buddy_stop_journal(allocator));
	CHECK_EQ(told, 2);
	CHECK(!buddy_wait_for_entries(allocator, &waiter));
	drop_journaled(allocator);
}

enum { THREADS = 4, ROUNDS = 3000 };

static void *work(void *argument)
{
	struct buddy_allocator *allocator = argument;
	static _Atomic uint32_t next = 1;
	uint32_t number = next++;
	uint64_t random = number;
	struct buddy_list lists[8];

	buddy_set_thread(number);
	for (unsigned int i = 0; i < 8; i++)
		lists[i] = (struct buddy_list){ .owner = BUDDY_NOBODY };
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct buddy_list *list = &lists[random_below(&random, 8)];

		if (list->allocator)
			CHECK_OK(buddy_free(list, round % 2));
		else
			CHECK_OK(ALLOC(allocator, list,
				       .size = CHUNK * (1 + random_below(&random, 4))));
	}
	for (unsigned int i = 0; i < 8; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	return NULL;
}

TEST("threads write in the order of the lock while another one reads: bytes and numbers follow each other")
{
	struct buddy_allocator *allocator = new_journaled();
	struct buddy_token token;
	pthread_t threads[THREADS];
	uint64_t next = 1, avail = MIB, allocations = 0, frees = 0;

	CHECK_OK(buddy_stop_journal(allocator));
	CHECK_OK(buddy_share(allocator, &token));
	reset(&reader);
	CHECK_OK(buddy_start_journal(allocator, 8 * MIB, 0, NULL));
	CHECK(read_on(allocator, &reader));
	for (unsigned int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, allocator), 0);
	for (unsigned int joined = 0; joined <= THREADS;) {
		while (read_on(allocator, &reader)) {
			for (; reader.at < reader.entries.count; skip(&reader), next++) {
				uint64_t after = cell(&reader, BUDDY_ENTRY_AVAIL);

				CHECK_EQ(reader.sequence, next);
				CHECK(thread(&reader) >= 1 && thread(&reader) <= THREADS);
				if (kind(&reader) == BUDDY_ENTRY_ALLOC) {
					CHECK_EQ(after, avail - argument(&reader, 0));
					allocations++;
				} else {
					CHECK_EQ(kind(&reader), BUDDY_ENTRY_FREE);
					CHECK(after > avail);
					frees++;
				}
				avail = after;
			}
		}
		if (joined < THREADS)
			CHECK_EQ(pthread_join(threads[joined], NULL), 0);
		joined++;
	}
	CHECK_EQ(avail, MIB);
	CHECK_EQ(allocations, frees);
	CHECK(next > ROUNDS * THREADS);
	drop_journaled(allocator);
}
