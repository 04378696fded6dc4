/* The interpreter of byte strings, see program.h: which call comes next. What the calls must answer is in calls.c. */
#include "program.h"

#include "calls.h"

enum { MOST_CALLS = 300, FEW_BLOCKS = 200, CALLS_BETWEEN_CHECKS = 16 };

/* Calls, and how often each is chosen. */
static const struct {
	void (*call)(struct machine *machine);
	unsigned int weight;
} calls[] = {
	{ call_alloc, 23 },
	{ call_alloc_raw, 12 },
	{ call_alloc_many, 9 },
	{ call_trim, 12 },
	{ call_trim_raw, 8 },
	{ call_free, 16 },
	{ call_free_many, 8 },
	{ call_free_block, 9 },
	{ call_free_block_raw, 6 },
	{ call_reset_clear, 6 },
	{ call_lookup, 6 },
	{ call_look, 4 },
	{ call_ask, 4 },
	{ call_create, 6 },
	{ call_share, 6 },
	{ call_park, 8 },
	{ call_adopt, 9 },
	{ call_revoke, 3 },
	{ call_dispose, 3 },
	{ call_close_list, 4 },
	{ call_stale, 4 },
	{ call_inject_failure, 4 },
	{ call_inject_bug, 1 },
	{ call_end_owner, 2 },
	{ call_open_pool, 4 },
	{ call_alloc_in_pool, 12 },
	{ call_free_in_pool, 9 },
	{ call_take_from_pool, 3 },
	{ call_clear_pool, 2 },
	{ call_close_pool, 2 },
	{ call_free_all, 2 },
	{ call_fill_group, 5 },
	{ call_free_row, 2 },
	{ call_free_rows, 2 },
	{ call_close_group, 2 },
	{ call_append, 8 },
	{ call_extend, 8 },
	{ call_claim, 8 },
	{ call_restore, 4 },
	{ call_open_account, 4 },
	{ call_find_account, 1 },
	{ call_change_account, 3 },
	{ call_close_account, 2 },
};

static void call_next(struct machine *machine)
{
	unsigned int choice = input_below(&machine->input, 256);
	unsigned int i = 0;

	while (choice >= calls[i].weight)
		choice -= calls[i++].weight;
	calls[i].call(machine);
}

static void note_allocations(struct machine *machine, struct program_report *report)
{
	uint64_t left;

	if (machine->failure.nth && machine_allocations_left(machine, &left))
		report->allocations = machine->failure.nth - left;
}

void program_run(const uint8_t *bytes, size_t size, struct program_failure failure,
		 struct program_report *report)
{
	struct machine machine = {
		.input = { bytes, size, 0 },
		.failure = failure,
		.statuses = report->statuses,
	};

	world_init(&machine.world);
	machine.kind = input_below(&machine.input, PROGRAM_KINDS);
	call_create(&machine);
	for (unsigned int i = 0; i < MOST_CALLS && !input_ended(&machine.input); i++) {
		call_next(&machine);
		report->calls++;
		note_allocations(&machine, report);
		if (i % CALLS_BETWEEN_CHECKS == 0 || world_count(&machine.world) < FEW_BLOCKS)
			world_check(&machine.world);
	}
	world_check(&machine.world);
	world_destroy(&machine.world);
}
