/*
 * Random programs of calls (program.h): thousands of each kind, the same in every run. And some of them again and again,
 * with the first, the second, … and the last allocation of memory failing.
 */
#include "program.h"
#include "random.h"
#include "test.h"

#include <interface.h>

/* A program that fails is run as often as it allocates memory. */
enum { LONGEST = 1200, FEWEST_ALLOCATIONS = 20, MOST_ALLOCATIONS = 600 };

/* In a sanitizer's build everything takes several times as long, and there are no threads here. */
#if defined(__SANITIZE_THREAD__)
enum { PROGRAMS = 100, FAILING_PROGRAMS = 6 };
#elif defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 1000, FAILING_PROGRAMS = 30 };
#else
enum { PROGRAMS = 5000, FAILING_PROGRAMS = 100 };
#endif

/* Programs needed to meet every status, in any build. */
enum { PROGRAMS_FOR_ALL = 1000 };

static size_t write_program(uint8_t *bytes, uint8_t kind, uint64_t seed, size_t longest)
{
	uint64_t random = seed;
	size_t size = 40 + random_below(&random, longest - 40);

	bytes[0] = kind;
	for (size_t i = 1; i < size; i++)
		bytes[i] = (uint8_t)random_next(&random);
	return size;
}

static void run_programs(uint8_t kind)
{
	struct program_report report = { 0 };

	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		uint8_t bytes[LONGEST];
		size_t size = write_program(bytes, kind, seed, LONGEST);

		program_run(bytes, size, (struct program_failure){ 0 }, &report);
	}
	CHECK(report.calls > 40 * PROGRAMS);
	CHECK(report.statuses[BUDDY_OK] > 10 * PROGRAMS);
}

TEST("programs on small spaces that are a power of two")
{
	run_programs(0);
}

TEST("programs on small spaces that are a power of two, in small units")
{
	run_programs(1);
}

TEST("programs on small spaces with several roots")
{
	run_programs(2);
}

TEST("programs on small spaces with several roots, in small units")
{
	run_programs(3);
}

TEST("programs on middling spaces")
{
	run_programs(4);
}

TEST("programs on spaces with larger chunks")
{
	run_programs(5);
}

TEST("programs on spaces of up to 2^64 bytes")
{
	run_programs(6);
}

TEST("programs on spaces of any size")
{
	run_programs(7);
}

/* Tells whether a status is found by callers of native/buddy, which only words it. */
static bool is_found_above(enum buddy_status status)
{
	return status == BUDDY_BLOCK_OVERLAPS || status == BUDDY_STATE_UNKNOWN ||
	       status == BUDDY_BASE_OFFSET_TOO_LARGE || status == BUDDY_MAX_LENGTH_UNALIGNED ||
	       status == BUDDY_HANDLE_UNKNOWN || status == BUDDY_HANDLE_OUTSIDE_RUN ||
	       status == BUDDY_BLOCKS_FOREIGN || status == BUDDY_FREED_BEFORE_ALLOCATION ||
	       status == BUDDY_NEEDS_BIGINT || status == BUDDY_POOL_HANDLE_UNKNOWN ||
	       status == BUDDY_POOL_FULL;
}

/* The programs name only accounts that are open, and keep no journals: test-account.c and test-journal.c meet these. */
static bool is_met_elsewhere(enum buddy_status status)
{
	return status == BUDDY_JOURNAL_RUNS || status == BUDDY_NO_JOURNAL ||
	       status == BUDDY_ACCOUNT_FOREIGN || status == BUDDY_TOO_MANY_ACCOUNTS ||
	       status == BUDDY_ACCOUNT_DISPOSED;
}

TEST("random programs meet every status that there is")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	struct program_report report = { 0 };

	for (uint64_t seed = 0; seed < PROGRAMS_FOR_ALL; seed++) {
		uint8_t bytes[LONGEST];
		size_t size = write_program(bytes, (uint8_t)(seed % PROGRAM_KINDS), ~seed, LONGEST);

		program_run(bytes, size, (struct program_failure){ 0 }, &report);
	}
	for (unsigned int status = 0; status < BUDDY_STATUS_COUNT; status++)
		if (!report.statuses[status] && !is_found_above(status) &&
		    !is_met_elsewhere(status))
			test_fail(TEST_HERE, "status %u: %s %s was never met", status,
				  buddy_status_texts[status].argument,
				  buddy_status_texts[status].why);
}

/* Counts the allocations of memory of a program in which none fails. */
static uint64_t count_allocations(const uint8_t *bytes, size_t size)
{
	struct program_report report = { 0 };

	program_run(bytes, size, (struct program_failure){ 1ULL << 60, false }, &report);
	return report.allocations;
}

static void fail_every_allocation(bool from_then_on)
{
	struct program_report report = { 0 };
	unsigned int programs = 0;

	for (uint64_t seed = 0; programs < FAILING_PROGRAMS; seed++) {
		uint8_t bytes[LONGEST];
		size_t size =
			write_program(bytes, (uint8_t)(seed % PROGRAM_KINDS), seed, LONGEST / 3);
		uint64_t count = count_allocations(bytes, size);

		if (count < FEWEST_ALLOCATIONS || count > MOST_ALLOCATIONS)
			continue;
		for (uint64_t nth = 1; nth <= count; nth++)
			program_run(bytes, size, (struct program_failure){ nth, from_then_on },
				    &report);
		programs++;
	}
	CHECK(report.statuses[LINUX_SURVIVES_FAILED_SPLITS ? BUDDY_NO_MEMORY : BUDDY_POISONED] >
	      10 * FAILING_PROGRAMS);
}

TEST("programs in which the nth allocation of memory fails, for every n")
{
	fail_every_allocation(false);
}

TEST("programs in which every allocation of memory fails from the nth on, for every n")
{
	fail_every_allocation(true);
}
