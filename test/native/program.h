/*
 * Byte strings as programs: whatever the bytes, they say what to call in native/buddy, with what arguments, and in what
 * order. Every answer is checked against a second set of books (world.h), and the allocators are looked at whole
 * (invariants.h). Each program ends soon: the number of calls, the memory and the steps are limited. No tests here.
 */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <buddy/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Failures that a program does not know of: of the nth allocation of memory in the first allocator. */
struct program_failure {
	/* 0: the program injects its own. */
	uint64_t nth;
	bool from_then_on;
};

struct program_report {
	uint64_t calls;
	/* Counts of each status. */
	uint64_t statuses[BUDDY_STATUS_COUNT];
	/* With a failure: how many allocations of memory came before it, or in all, if it never came. */
	uint64_t allocations;
};

/* Runs a program; adds to the report. Ends the process where an answer or an allocator is not what it should be. */
void program_run(const uint8_t *bytes, size_t size, struct program_failure failure,
		 struct program_report *report);

/* The first byte of a program: what kind of allocators it makes. */
enum { PROGRAM_KINDS = 8 };

#endif
