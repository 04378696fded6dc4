/*
 * The calls of a program (program.h): each takes its arguments from the input, makes one call or a few of native/buddy,
 * and checks what came of it. No tests here.
 */
#ifndef TEST_CALLS_H
#define TEST_CALLS_H

#include "input.h"
#include "program.h"
#include "world.h"

struct machine {
	struct input input;
	struct world world;
	unsigned int kind;
	struct program_failure failure;
	bool failure_is_set;
	/* Counts of each status. */
	uint64_t *statuses;
};

/* Allocations of memory that the first allocator may make before the injected failure; false where it is gone. */
bool machine_allocations_left(const struct machine *machine, uint64_t *left);

void call_create(struct machine *machine);
void call_share(struct machine *machine);
void call_dispose(struct machine *machine);
void call_end_owner(struct machine *machine);
void call_inject_failure(struct machine *machine);
void call_inject_bug(struct machine *machine);

void call_alloc(struct machine *machine);
void call_alloc_raw(struct machine *machine);
/* The same request again and again. */
void call_alloc_many(struct machine *machine);

void call_trim(struct machine *machine);
void call_trim_raw(struct machine *machine);
void call_free(struct machine *machine);
/* Every second list, or every third. */
void call_free_many(struct machine *machine);
void call_free_block(struct machine *machine);
void call_free_block_raw(struct machine *machine);
void call_close_list(struct machine *machine);
/* Moves the blocks of a list behind those of another one. */
void call_append(struct machine *machine);
void call_extend(struct machine *machine);
void call_park(struct machine *machine);
void call_adopt(struct machine *machine);
void call_revoke(struct machine *machine);

/* Allocates blocks by their places. */
void call_claim(struct machine *machine);
/* Saves an allocator, and makes another one of what has been saved, or of something like it. */
void call_restore(struct machine *machine);

void call_open_account(struct machine *machine);
void call_find_account(struct machine *machine);
void call_change_account(struct machine *machine);
void call_close_account(struct machine *machine);

void call_open_pool(struct machine *machine);
void call_alloc_in_pool(struct machine *machine);
void call_free_in_pool(struct machine *machine);
/* Moves an allocation into a guard. */
void call_take_from_pool(struct machine *machine);
void call_clear_pool(struct machine *machine);
void call_close_pool(struct machine *machine);
/* Allocates the same again and again, in the rows of a group. */
void call_fill_group(struct machine *machine);
void call_free_row(struct machine *machine);
/* From one row on. */
void call_free_rows(struct machine *machine);
void call_close_group(struct machine *machine);
/* Frees all lists of one owner in an allocator. */
void call_free_all(struct machine *machine);

void call_reset_clear(struct machine *machine);
void call_lookup(struct machine *machine);
/* The free memory in a range, and the place of a free run. */
void call_ask(struct machine *machine);
/* Calls that change nothing. */
void call_look(struct machine *machine);
/* Handles that mean nothing, or no longer. */
void call_stale(struct machine *machine);

/* Declarations for the files that implement them. */

/* Counts the status, and checks that it is one of those that the call may end with: a mask of STATUS() bits. */
enum buddy_status expect_status(struct machine *machine, struct test_place place,
				enum buddy_status status, uint64_t allowed);
#define STATUS(name) (1ULL << BUDDY_##name)
#define EXPECT(machine, status, allowed) expect_status(machine, TEST_HERE, status, allowed)

/* Choose by the input; NULL if there is nothing to choose. Disposed handles are never chosen. */
struct handle_entry *choose_handle(struct machine *machine);
struct list_entry *choose_list(struct machine *machine);
/* One of the owner of this handle that may receive blocks; opens one if need be. */
struct list_entry *choose_empty_list(struct machine *machine, const struct handle_entry *handle);

/* A group of this owner that has no rows, or NULL; opens one if need be. */
struct group_entry *choose_empty_group(struct machine *machine, int owner);
struct buddy_group *group_of(struct machine *machine, const struct group_entry *group);

/* Makes an allocator, with limits that the input chooses, and a handle on it. NULL: there is none. */
struct handle_entry *create(struct machine *machine, struct buddy_config *config);

/* The owner of a handle, the handle itself, and the owner's number in the allocator. */
struct buddy_owner *owner_of(struct machine *machine, const struct handle_entry *handle);
struct buddy_handle *handle_at(struct machine *machine, const struct handle_entry *handle);
uint32_t owner_number(struct machine *machine, const struct handle_entry *handle);

/* The list in a guard, where the books say that there is one; otherwise false, and where the allocator is poisoned. */
bool find_list(struct machine *machine, const struct list_entry *entry, struct buddy_list *list);

/* The number of an account of this allocator, or of none. */
uint32_t choose_account(struct machine *machine, int allocator);

/* Any allocation, in bytes of the checked entries or of the raw ones; and the promises of the checked entry. */
struct buddy_request choose_request(struct machine *machine, int allocator, bool raw);
uint64_t answers_of_alloc(const struct allocator_entry *allocator,
			  const struct buddy_request *request, bool raw);
void check_result(const struct blocks *blocks, const struct buddy_request *request);

/* Numbers to choose others near, in bytes of the checked entries or of the raw ones. */
struct landmarks landmarks_of(struct machine *machine, int allocator, bool raw);

#endif
