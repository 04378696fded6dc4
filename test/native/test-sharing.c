/* Allocators that are found by number, and lists that wait for a new owner: native/buddy/sharing.c, in one thread. */
#include "scenario.h"

#include <buddy/owner.h>

static const int giver, other_giver;

static struct buddy_token token_of(struct buddy_allocator *allocator)
{
	struct buddy_token token = { { 0, 0 } };

	CHECK_OK(buddy_share(allocator, &token));
	return token;
}

static bool same(struct buddy_token a, struct buddy_token b)
{
	return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

static enum buddy_status park_list(struct buddy_list *list, const void *by,
				   struct buddy_token *ticket)
{
	CHECK_OK(buddy_draw_token(ticket));
	return buddy_park(list, by, *ticket);
}

/* Leaves 28 KiB with the allocator. */
static struct buddy_token park(struct buddy_allocator *allocator, const void *by)
{
	struct buddy_token ticket = { { 0, 0 } };
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .tag = 5));
	CHECK_OK(park_list(&list, by, &ticket));
	CHECK_SAME(list.allocator, NULL);
	CHECK_EQ(buddy_count(&list), 0);
	CHECK_SAME(list.first, NULL);
	return ticket;
}

TEST("an allocator is found by its number, which stays the same, while it lives")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	struct buddy_token token = token_of(allocator);

	CHECK(same(token_of(allocator), token));
	CHECK(!same(token_of(other), token));
	CHECK_SAME(buddy_find(token), allocator);
	buddy_put(allocator);
	CHECK_SAME(buddy_find(token_of(other)), other);
	buddy_put(other);
	drop_allocator(allocator);
	CHECK_SAME(buddy_find(token), NULL);
	drop_allocator(other);
}

TEST("a number that stands for nothing finds nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token = token_of(allocator);

	CHECK_SAME(buddy_find((struct buddy_token){ { 0, 0 } }), NULL);
	CHECK_SAME(buddy_find((struct buddy_token){ { token.words[0], token.words[1] ^ 1 } }),
		   NULL);
	CHECK_SAME(buddy_find((struct buddy_token){ { token.words[0] ^ 1, token.words[1] } }),
		   NULL);
	drop_allocator(allocator);
}

TEST("a thousand allocators are found, each by its own number")
{
	enum { COUNT = 1000 };
	static struct buddy_allocator *allocators[COUNT];
	static struct buddy_token tokens[COUNT];

	for (int i = 0; i < COUNT; i++) {
		allocators[i] = new_allocator(CHUNK);
		tokens[i] = token_of(allocators[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		CHECK_SAME(buddy_find(tokens[i]), allocators[i]);
		buddy_put(allocators[i]);
		buddy_put(allocators[i]);
		CHECK_SAME(buddy_find(tokens[i]), NULL);
	}
}

TEST("blocks that were parked are adopted once, as they were")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket = park(allocator, &giver);
	EMPTY_LIST(list);
	EMPTY_LIST(second);

	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_BLOCKS(&list, { MIB - 16 * KIB, 16 * KIB }, { MIB - 24 * KIB, 8 * KIB },
		     { MIB - 28 * KIB, 4 * KIB });
	CHECK_EQ(buddy_first(&list).tag, 5);
	CHECK_STATUS(buddy_adopt(allocator, ticket, &second), TOKEN_UNKNOWN);
	CHECK_SAME(second.allocator, NULL);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a ticket that stands for nothing, or for blocks of another allocator, is refused")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	struct buddy_token ticket = park(allocator, &giver);
	EMPTY_LIST(list);

	CHECK_STATUS(buddy_adopt(other, ticket, &list), TOKEN_UNKNOWN);
	CHECK_STATUS(buddy_adopt(allocator, (struct buddy_token){ { 1, 2 } }, &list),
		     TOKEN_UNKNOWN);
	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
	drop_allocator(other);
}

TEST("a list that is in use adopts nothing, and one that is freed has nothing to park")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket = park(allocator, &giver), none;
	EMPTY_LIST(list);

	CHECK_STATUS(park_list(&list, &giver, &none), FREED);
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_STATUS(buddy_adopt(allocator, ticket, &list), LIST_IN_USE);
	CHECK_EQ(bytes_in(&list), 4 * KIB);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("parked blocks that nobody adopts end with their allocator")
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	park(allocator, &giver);
	park(allocator, &other_giver);
	drop_allocator(allocator);
}

TEST("parked blocks that nobody adopts are freed when their giver ends, and only those")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *second = new_allocator(MIB);

	token_of(allocator);
	token_of(second);
	park(allocator, &giver);
	park(allocator, &giver);
	park(allocator, &other_giver);
	park(second, &giver);
	buddy_free_parked(&giver);
	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_EQ(avail_of(second), MIB);
	buddy_free_parked(&other_giver);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
	drop_allocator(second);
}

TEST("a giver's parked blocks are freed even in an allocator that nobody asked the number of")
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	park(allocator, &giver);
	buddy_free_parked(&giver);
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

TEST("a BUG over parked blocks while their allocator ends loses nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	corrupt(&list);
	CHECK_OK(park_list(&list, &giver, &ticket));
	park(allocator, &giver);
	buddy_put(allocator);
}

TEST("a BUG over parked blocks while their giver ends poisons the allocator, and loses nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket;
	EMPTY_LIST(list);

	token_of(allocator);
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	corrupt(&list);
	CHECK_OK(park_list(&list, &giver, &ticket));
	park(allocator, &giver);
	buddy_free_parked(&giver);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 4 * KIB), POISONED);
	buddy_put(allocator);
}

/* An owner with a list of 28 KiB in a guard, which it has through a handle on an allocator of 1 MiB. */
struct giving {
	struct buddy_owner owner;
	struct buddy_allocator *allocator;
	uint32_t handle, guard, generation;
	struct buddy_token token, ticket;
};

static void begin_giving(struct giving *giving)
{
	struct buddy_list list = { .allocator = NULL };
	struct buddy_handle *handle;

	giving->allocator = new_allocator(MIB);
	buddy_get(giving->allocator);
	buddy_owner_init(&giving->owner);
	giving->handle = buddy_owner_take(&giving->owner, giving->allocator, true);
	giving->guard = buddy_owner_open_guard(&giving->owner);
	handle = buddy_owner_handle(&giving->owner, giving->handle);
	list.owner = handle->owner;
	CHECK_OK(ALLOC(giving->allocator, &list, .size = 28 * KIB, .tag = 5));
	buddy_owner_guard(&giving->owner, giving->guard, handle, &list);
	giving->generation =
		BUDDY_LOW_GENERATION(slots_generation(&giving->owner.guards, giving->guard));
}

static enum buddy_status prepare(struct giving *giving, uint32_t generation)
{
	return buddy_owner_prepare_parking(&giving->owner, giving->guard, generation,
					   &giving->token, &giving->ticket);
}

TEST("a list is parked by guard and generation, in two steps, once")
{
	struct giving giving;
	struct buddy_list list;
	uint32_t generation, empty;
	EMPTY_LIST(adopted);

	begin_giving(&giving);
	generation = giving.generation;
	empty = buddy_owner_open_guard(&giving.owner);
	CHECK_STATUS(buddy_owner_park(&giving.owner, empty, BUDDY_ANY_GENERATION, false), FREED);
	CHECK_STATUS(buddy_owner_park(&giving.owner, giving.guard, generation, false),
		     TOKEN_UNKNOWN);
	CHECK_STATUS(prepare(&giving, generation + 1), FREED);
	CHECK_OK(prepare(&giving, generation));
	CHECK_STATUS(buddy_adopt(giving.allocator, giving.ticket, &adopted), TOKEN_UNKNOWN);
	CHECK_STATUS(buddy_owner_park(&giving.owner, giving.guard, generation + 1, false), FREED);
	CHECK_OK(buddy_owner_park(&giving.owner, giving.guard, generation, false));
	CHECK_STATUS(buddy_owner_park(&giving.owner, giving.guard, generation, false), FREED);
	CHECK_STATUS(buddy_owner_find(&giving.owner, giving.guard, BUDDY_ANY_GENERATION, &list),
		     FREED);
	CHECK_OK(buddy_adopt(giving.allocator, giving.ticket, &adopted));
	CHECK_STATUS(prepare(&giving, generation), FREED);

	CHECK_SAME(buddy_find(giving.token), giving.allocator);
	buddy_put(giving.allocator);
	CHECK_EQ(bytes_in(&adopted), 28 * KIB);
	CHECK_OK(buddy_free(&adopted, false));
	buddy_owner_destroy(&giving.owner);
	drop_allocator(giving.allocator);
}

TEST("a parked list keeps no handle, and an adopted one does")
{
	struct giving giving;
	uint32_t handle;

	begin_giving(&giving);
	buddy_owner_dispose(&giving.owner, giving.handle,
			    slots_generation(&giving.owner.handles, giving.handle));
	CHECK_OK(prepare(&giving, giving.generation));
	CHECK(buddy_owner_handle(&giving.owner, giving.handle) != NULL);
	CHECK_OK(buddy_owner_park(&giving.owner, giving.guard, giving.generation, false));
	CHECK_SAME(buddy_owner_handle(&giving.owner, giving.handle), NULL);

	handle = buddy_owner_take(&giving.owner, buddy_find(giving.token), false);
	CHECK_STATUS(buddy_owner_adopt(&giving.owner, buddy_owner_handle(&giving.owner, handle),
				       giving.ticket, 7777),
		     FREED);
	CHECK_OK(buddy_owner_adopt(&giving.owner, buddy_owner_handle(&giving.owner, handle),
				   giving.ticket, giving.guard));
	buddy_owner_dispose(&giving.owner, handle, slots_generation(&giving.owner.handles, handle));
	CHECK(buddy_owner_handle(&giving.owner, handle) != NULL);
	buddy_owner_close_guard(&giving.owner, giving.guard);
	CHECK_SAME(buddy_owner_handle(&giving.owner, handle), NULL);
	CHECK_EQ(avail_of(giving.allocator), MIB);
	buddy_owner_destroy(&giving.owner);
	drop_allocator(giving.allocator);
}

TEST("an owner that ends takes back what it parked and nobody adopted")
{
	struct giving giving;
	EMPTY_LIST(list);

	begin_giving(&giving);
	CHECK_OK(prepare(&giving, giving.generation));
	CHECK_OK(buddy_owner_park(&giving.owner, giving.guard, giving.generation, false));
	buddy_owner_destroy(&giving.owner);
	CHECK_EQ(avail_of(giving.allocator), MIB);
	CHECK_STATUS(buddy_adopt(giving.allocator, giving.ticket, &list), TOKEN_UNKNOWN);
	drop_allocator(giving.allocator);
}
