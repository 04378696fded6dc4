/* Exact blocks, lists that grow, and allocators that are saved and made again: native/buddy/state.c, and what lists.c has for it. */
#include "invariants.h"
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/state.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNKS 256

static enum buddy_status claim(struct buddy_allocator *allocator, struct buddy_list *list,
			       const double *chunks, const uint8_t *orders, uint64_t count,
			       uint64_t *failed)
{
	struct buddy_places places = { count, chunks, orders, NULL };

	return buddy_claim(allocator, list, &places, 7, 0, BUDDY_AS_FOUND, failed);
}

TEST("exact blocks are claimed in the order given")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint64_t failed;
	EMPTY_LIST(list);

	CHECK_OK(claim(allocator, &list, (double[]){ 16, 0, 17 }, (uint8_t[]){ 0, 4, 0 }, 3,
		       &failed));
	CHECK_BLOCKS(&list, { 64 * KIB, 4 * KIB }, { 0, 64 * KIB }, { 68 * KIB, 4 * KIB });
	CHECK_EQ(buddy_first(&list).tag, 7);
	CHECK_BOOKS(allocator);
	CHECK_STATUS(claim(allocator, &list, (double[]){ 20 }, (uint8_t[]){ 0 }, 1, &failed),
		     LIST_IN_USE);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("claimed blocks count as clear, dirty, or as they were found")
{
	static const struct {
		enum buddy_clearness clearness;
		uint64_t clear;
	} cases[] = { { BUDDY_AS_FOUND, CHUNK }, { BUDDY_DIRTY, 0 }, { BUDDY_CLEAR, 2 * CHUNK } };

	for (unsigned int i = 0; i < 3; i++) {
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct buddy_places places = { 2, (double[]){ 0, 1 }, (uint8_t[]){ 0, 0 }, NULL };
		uint64_t failed;
		EMPTY_LIST(list);

		take_at(allocator, &list, 0, CHUNK);
		CHECK_OK(buddy_free(&list, true));
		buddy_list_init(&list, BUDDY_NOBODY);
		CHECK_OK(buddy_claim(allocator, &list, &places, 0, 0, cases[i].clearness, &failed));
		CHECK_EQ(clear_bytes_in(&list), cases[i].clear);
		CHECK_EQ(clear_avail_of(allocator), 0);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("a claim that fails leaves clear and dirty memory as it was, whatever it has no memory for")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	static const double chunks[] = { 5, 64, 130, 7, 200, 255 };
	static const uint8_t orders[] = { 0, 3, 1, 0, 2, 0 };
	struct buddy_allocator *allocator = new_allocator(MIB);
	enum buddy_status status = BUDDY_NO_MEMORY;
	struct picture before;
	uint64_t failed;
	EMPTY_LIST(list);
	EMPTY_LIST(taken);

	take_at(allocator, &list, 0, 256 * KIB);
	CHECK_OK(buddy_free(&list, true));
	take_at(allocator, &taken, 255 * CHUNK, CHUNK);
	buddy_list_init(&list, BUDDY_NOBODY);
	take_picture(allocator, &before);
	CHECK_STATUS(claim(allocator, &list, chunks, orders, 6, &failed), BLOCK_NOT_FREE);
	CHECK_EQ(failed, 5);
	CHECK_UNCHANGED(allocator, &before);
	for (uint64_t nth = 1; status; nth++) {
		take_picture(allocator, &before);
		buddy_inject_failure(allocator, nth, false);
		status = claim(allocator, &list, chunks, orders, 5, &failed);
		buddy_inject_failure(allocator, 0, false);
		if (!status) {
			free_picture(&before);
			break;
		}
		CHECK_STATUS(status, NO_MEMORY);
		CHECK_UNCHANGED(allocator, &before);
	}
	CHECK_EQ(buddy_count(&list), 5);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&taken, false));
	drop_allocator(allocator);
}

static double odd_number(uint64_t *random)
{
	static const double odd[] = { NAN,    INFINITY,   -INFINITY,  -1,    -0.0,
				      0.5,    0x1p63,     0x1p64,     1e300, 5e-324,
				      CHUNKS, CHUNKS - 1, CHUNKS + 1, 0x1p53 };

	if (random_below(random, 2))
		return (double)random_below(random, CHUNKS);
	return odd[random_below(random, sizeof(odd) / sizeof(odd[0]))];
}

static uint8_t odd_order(uint64_t *random)
{
	return (uint8_t)(random_below(random, 4) ? random_below(random, 5) : random_next(random));
}

TEST("nonsense in a claim is refused, and changes nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint64_t random = 1, failed;

	for (unsigned int i = 0; i < 2000; i++) {
		double chunks[4];
		uint8_t orders[4];
		struct picture before;
		EMPTY_LIST(list);

		for (unsigned int row = 0; row < 4; row++) {
			chunks[row] = odd_number(&random);
			orders[row] = odd_order(&random);
		}
		take_picture(allocator, &before);
		if (!claim(allocator, &list, chunks, orders, random_below(&random, 5), &failed))
			CHECK_OK(buddy_free(&list, false));
		CHECK_UNCHANGED(allocator, &before);
	}
	drop_allocator(allocator);
}

TEST("a list takes over the blocks of another one")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(from);
	EMPTY_LIST(foreign);

	CHECK_STATUS(buddy_append(&list, &from, 0), FREED);
	CHECK_OK(ALLOC(allocator, &list, .size = 12 * KIB, .tag = 1));
	CHECK_OK(ALLOC(allocator, &from, .size = 4 * KIB, .tag = 2));
	CHECK_OK(ALLOC(other, &foreign, .size = 4 * KIB));
	CHECK_STATUS(buddy_append(&list, &list, 1), LIST_ITSELF);
	CHECK_STATUS(buddy_append(&list, &foreign, 1), LIST_FOREIGN);
	CHECK_OK(buddy_append(&list, &from, 1));
	CHECK_SAME(from.first, NULL);
	CHECK_BLOCKS(&list, { MIB - 8 * KIB, 8 * KIB }, { MIB - 12 * KIB, 4 * KIB },
		     { MIB - 16 * KIB, 4 * KIB });
	CHECK_INVARIANTS(allocator,
			 (&(struct holdings){ (const struct buddy_list *[]){ &list }, 1, 0 }));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&foreign, false));
	drop_allocator(allocator);
	drop_allocator(other);
}

TEST("a list gets the memory behind it, or stays as it is")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct picture before;
	EMPTY_LIST(list);
	EMPTY_LIST(behind);

	CHECK_STATUS(buddy_extend(&list, CHUNK), FREED);
	take_at(allocator, &list, 64 * KIB, CHUNK);
	take_at(allocator, &behind, 80 * KIB, CHUNK);
	take_picture(allocator, &before);
	CHECK_STATUS(buddy_extend(&list, 0), SIZE_BELOW_CHUNK);
	CHECK_STATUS(buddy_extend(&list, CHUNK + 1), SIZE_UNALIGNED);
	CHECK_STATUS(buddy_extend(&list, 2 * MIB), SIZE_ABOVE_SPACE);
	CHECK_STATUS(buddy_extend(&list, 16 * KIB), NO_SPACE);
	CHECK_STATUS(buddy_extend(&list, MIB), NO_SPACE);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_extend(&list, 12 * KIB));
	CHECK_BLOCKS(&list, { 64 * KIB, 4 * KIB }, { 68 * KIB, 4 * KIB }, { 72 * KIB, 8 * KIB });
	CHECK_INVARIANTS(
		allocator,
		(&(struct holdings){ (const struct buddy_list *[]){ &list, &behind }, 2, 0 }));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&behind, false));
	drop_allocator(allocator);
}

/* ---- states */

static struct buddy_state new_state(uint64_t rows)
{
	return (struct buddy_state){
		.list_count = rows,
		.block_count = rows,
		.free_count = rows,
		.tags = test_memory(rows * sizeof(double)),
		.counts = test_memory(rows * sizeof(double)),
		.chunks = test_memory(rows * sizeof(double)),
		.orders = test_memory(rows),
		.clear = test_memory(rows),
		.free_chunks = test_memory(rows * sizeof(double)),
		.free_orders = test_memory(rows),
	};
}

static void free_state(struct buddy_state *state)
{
	void *columns[] = { state->tags,  state->counts,      state->chunks,     state->orders,
			    state->clear, state->free_chunks, state->free_orders };

	for (unsigned int i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		free(columns[i]);
}

/* An environment with an allocator of its own, and a group for its lists. */
struct place {
	struct buddy_owner owner;
	struct buddy_handle *handle;
	uint32_t group;
};

static void start(struct place *place, uint64_t size)
{
	uint32_t slot;

	buddy_owner_init(&place->owner);
	slot = buddy_owner_take(&place->owner, new_allocator(size), true);
	place->handle = buddy_owner_handle(&place->owner, slot);
	place->group = buddy_owner_open_group(&place->owner);
}

static enum buddy_status restore(struct place *place, const struct buddy_state *state,
				 uint64_t *failed)
{
	return buddy_owner_restore(&place->owner, place->handle,
				   buddy_owner_group(&place->owner, place->group), state, failed);
}

/* Allocates and frees at random. */
static void use(struct buddy_allocator *allocator, struct buddy_list *lists, unsigned int count,
		uint64_t *random)
{
	for (unsigned int i = 0; i < 20 * count; i++) {
		struct buddy_list *list = &lists[random_below(random, count)];

		if (list->allocator) {
			CHECK_OK(buddy_free(list, random_below(random, 2)));
			buddy_list_init(list, BUDDY_NOBODY);
			continue;
		}
		ALLOC(allocator, list, .size = (1 + random_below(random, 9)) * CHUNK,
		      .flags = random_below(random, 2) ? CLEAR : 0,
		      .tag = random_below(random, 99));
	}
}

TEST("a saved state is restored block by block, whatever has happened before")
{
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct buddy_allocator *allocator = new_allocator(MIB - 3 * CHUNK);
		struct buddy_state state = new_state(CHUNKS);
		struct buddy_list lists[24];
		uint64_t random = seed, failed;
		struct picture picture;
		struct place place;
		bool is_written;

		for (unsigned int i = 0; i < 24; i++)
			buddy_list_init(&lists[i], BUDDY_NOBODY);
		use(allocator, lists, 24, &random);
		CHECK_OK(buddy_save(allocator, &state, &is_written));
		CHECK(is_written);
		take_picture(allocator, &picture);

		start(&place, MIB - 3 * CHUNK);
		CHECK_OK(restore(&place, &state, &failed));
		picture.stats.native_bytes = buddy_native_bytes(place.handle->allocator);
		CHECK_UNCHANGED(place.handle->allocator, &picture);
		CHECK_INVARIANTS(place.handle->allocator, NULL);
		buddy_owner_destroy(&place.owner);

		for (unsigned int i = 0; i < 24; i++)
			CHECK_OK(buddy_free(&lists[i], false));
		free_state(&state);
		drop_allocator(allocator);
	}
}

TEST("columns that are too short receive nothing, and are told how long they must be")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_state state = { .list_count = 0 };
	bool is_written;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 12 * KIB));
	CHECK_OK(buddy_save(allocator, &state, &is_written));
	CHECK(!is_written);
	CHECK_EQ(state.list_count, 2);
	CHECK_EQ(state.block_count, 2);
	CHECK(state.free_count > 0);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a state of nonsense is refused, and leaves nothing")
{
	uint64_t random = 3;

	for (unsigned int i = 0; i < 1000; i++) {
		struct buddy_state state = new_state(8);
		struct place place;
		uint64_t failed;

		state.list_count = random_below(&random, 5);
		state.block_count = random_below(&random, 9);
		state.free_count = random_below(&random, 9);
		for (unsigned int row = 0; row < 8; row++) {
			state.tags[row] = odd_number(&random);
			state.counts[row] = random_below(&random, 2) ? 1 : odd_number(&random);
			state.chunks[row] = odd_number(&random);
			state.orders[row] = odd_order(&random);
			state.clear[row] = (uint8_t)random_next(&random);
			state.free_chunks[row] = odd_number(&random);
			state.free_orders[row] = odd_order(&random);
		}
		start(&place, MIB);
		if (restore(&place, &state, &failed)) {
			CHECK_EQ(avail_of(place.handle->allocator), MIB);
			CHECK_EQ(place.handle->users, 0);
		}
		CHECK_BOOKS(place.handle->allocator);
		CHECK_INVARIANTS(place.handle->allocator, NULL);
		buddy_owner_destroy(&place.owner);
		free_state(&state);
	}
}

TEST("an allocator that has no memory for all of a state has none of its lists")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_state state = new_state(CHUNKS);
	struct buddy_list lists[8];
	uint64_t random = 9, failed;
	enum buddy_status status = BUDDY_NO_MEMORY;
	bool is_written;

	for (unsigned int i = 0; i < 8; i++)
		buddy_list_init(&lists[i], BUDDY_NOBODY);
	use(allocator, lists, 8, &random);
	CHECK_OK(buddy_save(allocator, &state, &is_written));
	for (uint64_t nth = 1; status; nth++) {
		struct place place;

		start(&place, MIB);
		buddy_inject_failure(place.handle->allocator, nth, false);
		status = restore(&place, &state, &failed);
		buddy_inject_failure(place.handle->allocator, 0, false);
		if (status) {
			CHECK_STATUS(status, NO_MEMORY);
			CHECK_EQ(avail_of(place.handle->allocator), MIB);
			CHECK_BOOKS(place.handle->allocator);
		}
		buddy_owner_destroy(&place.owner);
	}
	for (unsigned int i = 0; i < 8; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	free_state(&state);
	drop_allocator(allocator);
}

/* ---- lists in guards */

static uint32_t open_list(struct buddy_owner *owner, uint32_t handle, uint64_t size)
{
	struct buddy_handle *found = buddy_owner_handle(owner, handle);
	struct buddy_list list = { .owner = found->owner };
	uint32_t guard = buddy_owner_open_guard(owner);

	CHECK_OK(ALLOC(found->allocator, &list, .size = size));
	buddy_owner_guard(owner, guard, found, &list);
	return guard;
}

TEST("a list that takes over blocks keeps its allocator alive, and the other handle may go")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_owner owner;
	uint32_t first, second, guard, from;
	struct buddy_list list;

	buddy_owner_init(&owner);
	first = buddy_owner_take(&owner, allocator, true);
	buddy_get(allocator);
	second = buddy_owner_take(&owner, allocator, false);
	guard = open_list(&owner, first, 4 * KIB);
	from = open_list(&owner, second, 12 * KIB);
	buddy_owner_dispose(&owner, second, slots_generation(&owner.handles, second));

	CHECK_STATUS(buddy_owner_append(&owner, guard, BUDDY_ANY_GENERATION, guard,
					BUDDY_ANY_GENERATION, 0, &list),
		     LIST_ITSELF);
	CHECK_OK(buddy_owner_append(&owner, guard, BUDDY_ANY_GENERATION, from, BUDDY_ANY_GENERATION,
				    0, &list));
	CHECK_SAME(buddy_owner_handle(&owner, second), NULL);
	CHECK_STATUS(buddy_owner_find(&owner, from, BUDDY_ANY_GENERATION, &list), FREED);
	CHECK_STATUS(buddy_owner_extend(&owner, guard, BUDDY_ANY_GENERATION, 0, &list),
		     SIZE_BELOW_CHUNK);
	buddy_owner_dispose(&owner, first, slots_generation(&owner.handles, first));
	CHECK_STATUS(buddy_owner_extend(&owner, guard, BUDDY_ANY_GENERATION, CHUNK, &list),
		     DISPOSED);
	CHECK_OK(buddy_owner_find(&owner, guard, BUDDY_ANY_GENERATION, &list));
	CHECK_EQ(bytes_in(&list), 16 * KIB);
	buddy_owner_close_guard(&owner, guard);
	CHECK_SAME(buddy_owner_handle(&owner, first), NULL);
	buddy_owner_destroy(&owner);
}
