/* Allocators that are found by number, and lists that wait for a new owner: native/buddy/sharing.c, in one thread. */
#include "scenario.h"

#include <buddy/owner.h>
#include <buddy/sharing.h>

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
	CHECK_OK(buddy_draw_ticket(ticket));
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
	CHECK(list_empty(&list.blocks));
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
	buddy_put(allocator);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
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

TEST("a list is parked by slot and generation, in two steps, once")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token, ticket, unused;
	struct buddy_owner owner;
	uint32_t slot, generation;
	EMPTY_LIST(list);

	buddy_owner_init(&owner);
	slot = buddy_owner_open_list(&owner);
	generation = slots_generation(&owner.lists, slot);
	CHECK_STATUS(buddy_owner_prepare_parking(&owner, slot, generation, &token, &ticket), FREED);
	CHECK_OK(ALLOC(allocator, buddy_owner_list_at(&owner, slot), .size = 28 * KIB));
	CHECK_STATUS(buddy_owner_park(&owner, slot, generation), TOKEN_UNKNOWN);
	CHECK_STATUS(buddy_owner_prepare_parking(&owner, slot, generation + 1, &token, &ticket),
		     FREED);
	CHECK_OK(buddy_owner_prepare_parking(&owner, slot, generation, &token, &ticket));
	CHECK_STATUS(buddy_adopt(allocator, ticket, &list), TOKEN_UNKNOWN);
	CHECK_STATUS(buddy_owner_park(&owner, slot, generation + 1), FREED);
	CHECK_OK(buddy_owner_park(&owner, slot, generation));
	CHECK_STATUS(buddy_owner_prepare_parking(&owner, slot, generation, &token, &unused), FREED);
	CHECK_STATUS(buddy_owner_park(&owner, slot, generation), FREED);
	CHECK_STATUS(buddy_owner_free(&owner, slot, generation, false), FREED);

	CHECK_SAME(buddy_find(token), allocator);
	buddy_put(allocator);
	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_EQ(bytes_in(&list), 28 * KIB);
	CHECK_OK(buddy_free(&list, false));
	buddy_owner_destroy(&owner);
	drop_allocator(allocator);
}

TEST("an owner that ends takes back what it parked and nobody adopted")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token, ticket;
	struct buddy_owner owner;
	uint32_t slot, generation;
	EMPTY_LIST(list);

	buddy_owner_init(&owner);
	slot = buddy_owner_open_list(&owner);
	CHECK_OK(ALLOC(allocator, buddy_owner_list_at(&owner, slot), .size = 28 * KIB));
	generation = slots_generation(&owner.lists, slot);
	CHECK_OK(buddy_owner_prepare_parking(&owner, slot, generation, &token, &ticket));
	CHECK_OK(buddy_owner_park(&owner, slot, generation));
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_STATUS(buddy_adopt(allocator, ticket, &list), TOKEN_UNKNOWN);
	drop_allocator(allocator);
}
