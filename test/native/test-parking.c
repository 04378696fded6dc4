/* Parked lists without a giver: native/buddy/parking.c, in one thread. */
#include "scenario.h"

#include <buddy/account.h>

enum { MANY = 300 };

static const int giver;

static struct buddy_token share(struct buddy_allocator *allocator)
{
	struct buddy_token token = { { 0, 0 } };

	CHECK_OK(buddy_share(allocator, &token));
	return token;
}

/* Leaves so many bytes with the allocator. */
static struct buddy_token park(struct buddy_allocator *allocator, const void *by, uint64_t size,
			       uint64_t tag)
{
	struct buddy_token ticket = { { 0, 0 } };
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = size, .tag = tag));
	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, by, ticket));
	return ticket;
}

static enum buddy_status revoke(struct buddy_allocator *allocator, struct buddy_token ticket)
{
	uint64_t bytes;

	return buddy_revoke(allocator, ticket, &bytes);
}

static uint64_t count_parked(struct buddy_allocator *allocator)
{
	uint64_t count = 7;

	CHECK_OK(buddy_describe_parked(allocator, NULL, 0, &count));
	return count;
}

TEST("a parked list keeps its allocator until it is revoked")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token = share(allocator), ticket = park(allocator, NULL, 28 * KIB, 5);
	uint64_t bytes;

	buddy_put(allocator);
	CHECK_SAME(buddy_find(token), allocator);
	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_OK(buddy_revoke(allocator, ticket, &bytes));
	CHECK_EQ(bytes, 28 * KIB);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_STATUS(revoke(allocator, ticket), TOKEN_UNKNOWN);
	drop_allocator(allocator);
	CHECK_SAME(buddy_find(token), NULL);
}

TEST("a parked list keeps its allocator until it is adopted, and no longer")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token = share(allocator), ticket = park(allocator, NULL, 28 * KIB, 5);
	EMPTY_LIST(list);

	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_EQ(bytes_in(&list), 28 * KIB);
	CHECK_EQ(buddy_first(&list).tag, 5);
	CHECK_STATUS(revoke(allocator, ticket), TOKEN_UNKNOWN);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
	CHECK_SAME(buddy_find(token), NULL);
}

TEST("a list that is parked with a giver can be revoked, too")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket = park(allocator, &giver, 28 * KIB, 0);

	CHECK_OK(revoke(allocator, ticket));
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
}

TEST("the end of a giver leaves alone what is parked without one")
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	park(allocator, NULL, 28 * KIB, 0);
	park(allocator, &giver, 4 * KIB, 0);
	buddy_free_parked(&giver);
	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_OK(buddy_free_kept(allocator));
	drop_allocator(allocator);
}

TEST("lists parked without a giver are freed at once, however many, and nothing else")
{
	struct buddy_allocator *allocator = new_allocator(64 * MIB);
	struct buddy_token token = share(allocator);

	for (int i = 0; i < MANY; i++)
		park(allocator, NULL, 4 * KIB, 0);
	park(allocator, &giver, 8 * KIB, 0);
	CHECK_EQ(count_parked(allocator), MANY);
	CHECK_OK(buddy_free_kept(allocator));
	CHECK_EQ(count_parked(allocator), 0);
	CHECK_EQ(avail_of(allocator), 64 * MIB - 8 * KIB);
	drop_allocator(allocator);
	CHECK_SAME(buddy_find(token), NULL);
}

TEST("many parked lists are found, each by its own ticket")
{
	struct buddy_allocator *allocator = new_allocator(64 * MIB);
	static struct buddy_token tickets[MANY];

	for (int i = 0; i < MANY; i++)
		tickets[i] = park(allocator, NULL, 4 * KIB, (uint64_t)i);
	for (int i = MANY; i--;) {
		EMPTY_LIST(list);

		CHECK_OK(buddy_adopt(allocator, tickets[i], &list));
		CHECK_EQ(buddy_first(&list).tag, i);
		CHECK_OK(buddy_free(&list, false));
	}
	CHECK_EQ(avail_of(allocator), 64 * MIB);
	drop_allocator(allocator);
}

TEST("parked lists are described by ticket, tag and bytes, as many as there is room for")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token first = park(allocator, NULL, 28 * KIB, 5);
	struct buddy_parked_row rows[2] = { { .tag = 99 }, { .tag = 99 } };
	uint64_t count;

	park(allocator, &giver, 4 * KIB, 6);
	CHECK_OK(buddy_describe_parked(allocator, rows, 2, &count));
	CHECK_EQ(count, 1);
	CHECK(buddy_is_same(rows[0].ticket, first));
	CHECK(buddy_is_same(rows[0].account, (struct buddy_token){ { 0, 0 } }));
	CHECK_EQ(rows[0].tag, 5);
	CHECK_EQ(rows[0].bytes, 28 * KIB);
	CHECK_EQ(rows[1].tag, 99);

	park(allocator, NULL, 8 * KIB, 7);
	park(allocator, NULL, 8 * KIB, 8);
	CHECK_OK(buddy_describe_parked(allocator, rows, 1, &count));
	CHECK_EQ(count, 3);
	CHECK_EQ(rows[1].tag, 99);
	CHECK_OK(buddy_free_kept(allocator));
	drop_allocator(allocator);
}

TEST("an empty list is parked, described and revoked, and frees nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_parked_row row;
	struct buddy_token ticket;
	uint64_t count, epoch;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB, .tag = 5));
	CHECK_OK(buddy_free_block(&list, 0, false));
	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, NULL, ticket));
	CHECK_OK(buddy_describe_parked(allocator, &row, 1, &count));
	CHECK_EQ(count, 1);
	CHECK_EQ(row.tag, 0);
	CHECK_EQ(row.bytes, 0);
	epoch = buddy_epoch(allocator);
	CHECK_OK(revoke(allocator, ticket));
	CHECK_EQ(buddy_epoch(allocator), epoch);
	drop_allocator(allocator);
}

TEST("an allocator that is poisoned stays until what is parked there is revoked")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token = share(allocator), ticket = park(allocator, NULL, 28 * KIB, 0);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	corrupt(&list);
	CHECK_STATUS(buddy_free(&list, false), POISONED);
	buddy_put(allocator);
	CHECK_SAME(buddy_find(token), allocator);
	CHECK_STATUS(buddy_adopt(allocator, ticket, &list), POISONED);
	CHECK_STATUS(revoke(allocator, ticket), POISONED);
	CHECK_STATUS(revoke(allocator, ticket), TOKEN_UNKNOWN);
	buddy_put(allocator);
	CHECK_SAME(buddy_find(token), NULL);
}

TEST("a BUG while a parked list is revoked poisons the allocator, which keeps nothing of it")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token token = share(allocator), ticket;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	corrupt(&list);
	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, NULL, ticket));
	CHECK_STATUS(revoke(allocator, ticket), POISONED);
	buddy_put(allocator);
	CHECK_SAME(buddy_find(token), NULL);
}

TEST("lists parked at the end of the process are no leak")
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	/* LeakSanitizer looks at the end of this program. */
	park(allocator, NULL, 28 * KIB, 0);
	buddy_put(allocator);
}
