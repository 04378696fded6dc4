/* Lists that are found by their names, and owners of lists: native/buddy/names.c. */
#include "invariants.h"
#include "random.h"
#include "scenario.h"

#include <buddy/parking.h>

/* An allocator with an owner of lists. */
struct naming {
	struct buddy_allocator *allocator;
	uint32_t owner;
};

static struct naming begin(uint64_t size)
{
	struct buddy_allocator *allocator = new_allocator(size);

	return (struct naming){ allocator, buddy_open_owner(allocator) };
}

static void end(struct naming naming)
{
	const struct holdings nobody = { NULL, 0, 0 };

	CHECK_INVARIANTS(naming.allocator, &nobody);
	buddy_close_owner(naming.allocator, naming.owner);
	drop_allocator(naming.allocator);
}

static struct buddy_list alloc(struct naming naming, uint64_t size)
{
	struct buddy_list list = { .owner = naming.owner };

	CHECK_OK(ALLOC(naming.allocator, &list, .size = size));
	return list;
}

static bool is_found(struct naming naming, struct buddy_name name)
{
	struct buddy_list list;

	return buddy_find_list(naming.allocator, naming.owner, name, &list);
}

static bool same_name(struct buddy_name a, struct buddy_name b)
{
	return a.node == b.node && a.generation == b.generation;
}

TEST("a list is found by its name until it is freed")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, 28 * KIB), found;
	struct buddy_name name = buddy_name_of(&list);

	CHECK(buddy_find_list(naming.allocator, naming.owner, name, &found));
	CHECK_SAME(found.allocator, naming.allocator);
	CHECK_SAME(found.first, list.first);
	CHECK_EQ(found.owner, naming.owner);
	CHECK_EQ(bytes_in(&found), 28 * KIB);
	CHECK_OK(buddy_free(&found, false));
	CHECK(!is_found(naming, name));
	end(naming);
}

/* A report with its shape taken apart. */
struct told {
	struct buddy_name name;
	struct buddy_report report;
	bool clear;
	unsigned int order;
	unsigned int count;
	uint64_t high_generation;
};

static struct told report(const struct buddy_list *list)
{
	struct told told;
	uint32_t shape;

	told.name = buddy_report(list, &told.report);
	shape = (uint32_t)told.report.shape;
	told.clear = shape & 1;
	told.order = shape >> BUDDY_SHAPE_ORDER_SHIFT & 63;
	told.count = shape >> BUDDY_SHAPE_COUNT_SHIFT & BUDDY_SHAPE_MOST_BLOCKS;
	told.high_generation = shape >> BUDDY_SHAPE_GENERATION_SHIFT;
	return told;
}

TEST("a report tells the number of blocks, the name, and place and size of the first block")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = { .owner = naming.owner };
	struct told told = report(&list);

	CHECK_EQ(told.report.count, 0);
	CHECK_EQ(told.report.node, 0);
	CHECK_EQ(told.report.generation, 0);
	CHECK_EQ(told.report.chunk, 0);
	CHECK_EQ(told.report.shape, 0);
	CHECK(same_name(told.name, (struct buddy_name){ 0, 0 }));

	CHECK_OK(ALLOC(naming.allocator, &list, .size = 28 * KIB, .tag = 7));
	told = report(&list);
	CHECK_EQ(told.report.count, 3);
	CHECK(same_name(told.name, buddy_name_of(&list)));
	CHECK_EQ(told.report.node, told.name.node);
	CHECK_EQ(told.report.generation, told.name.generation % (1 << 30));
	CHECK_EQ(told.high_generation, told.name.generation >> 30);
	CHECK_EQ(told.report.chunk, 256 - 4);
	CHECK_EQ(told.count, 3);
	CHECK_EQ(told.order, 2);
	CHECK(!told.clear);
	CHECK_EQ(buddy_first(&list).tag, 7);
	CHECK_OK(buddy_free(&list, true));

	CHECK_OK(ALLOC(naming.allocator, &list, .size = 4 * KIB, .flags = CLEAR));
	CHECK(report(&list).clear);
	CHECK_OK(buddy_free(&list, true));
	end(naming);
}

TEST("the shape in a report counts up to 255 blocks, and the count of the report goes on")
{
	static const uint64_t counts[] = { 1, 2, 254, 255, 256, 257, 511, 512, 513 };
	struct naming naming = begin(8 * MIB);
	static struct buddy_list chunks[2048];
	struct buddy_list list;

	/* Every second chunk is in use: the free ones don't merge. */
	fill(naming.allocator, chunks, CHUNK);
	for (unsigned int i = 0; i < 2048; i += 2)
		CHECK_OK(buddy_free(&chunks[i], false));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct told told;

		list = alloc(naming, counts[i] * CHUNK);
		told = report(&list);
		CHECK_EQ(buddy_count(&list), counts[i]);
		CHECK_EQ(told.report.count, counts[i]);
		CHECK_EQ(told.count, counts[i] < 255 ? counts[i] : 255);
		/* The rest of the number is not touched by a large count. */
		CHECK_EQ(told.order, 0);
		CHECK(!told.clear);
		CHECK_EQ(told.high_generation, told.name.generation >> 30);
		CHECK_OK(buddy_free(&list, false));
	}
	for (unsigned int i = 1; i < 2048; i += 2)
		CHECK_OK(buddy_free(&chunks[i], false));
	end(naming);
}

TEST("a report gives -1 for a first block behind 2^31 - 1 chunks, whose number is asked for by itself")
{
	static const uint64_t chunks[] = { 0,
					   1,
					   INT32_MAX - 1ULL,
					   INT32_MAX,
					   INT32_MAX + 1ULL,
					   UINT32_MAX,
					   UINT32_MAX + 1ULL,
					   (1ULL << 51) - 1 };
	struct naming naming = begin((1ULL << 51) * CHUNK);

	for (size_t i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
		struct buddy_list list = { .owner = naming.owner };
		struct told told;

		take_at(naming.allocator, &list, chunks[i] * CHUNK, CHUNK);
		told = report(&list);
		CHECK_EQ(told.report.chunk, chunks[i] > INT32_MAX ? -1 : (int64_t)chunks[i]);
		CHECK_EQ(buddy_first_chunk(&list), chunks[i]);
		CHECK_EQ(told.report.count, 1);
		CHECK_EQ(told.count, 1);
		CHECK_EQ(told.order, 0);
		CHECK_OK(buddy_free(&list, false));
	}
	end(naming);
}

TEST("the largest block there is has its order in the report")
{
	struct naming naming = begin((1ULL << 51) * CHUNK);
	struct buddy_list list = alloc(naming, (1ULL << 51) * CHUNK);
	struct told told = report(&list);

	CHECK_EQ(told.order, 51);
	CHECK_EQ(told.count, 1);
	CHECK_EQ(told.report.chunk, 0);
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("names that are made up, or belong to another owner, find nothing")
{
	struct naming naming = begin(MIB);
	struct naming other = { naming.allocator, buddy_open_owner(naming.allocator) };
	struct buddy_list list = alloc(naming, 4 * KIB);
	struct buddy_name name = buddy_name_of(&list);

	CHECK(other.owner != naming.owner);
	CHECK(!is_found(other, name));
	for (uint32_t owner = BUDDY_PARKED; owner < BUDDY_FIRST_OWNER; owner++)
		CHECK(!is_found((struct naming){ naming.allocator, owner }, name));
	for (uint32_t node = 0; node < 4096; node++)
		CHECK(node == name.node ||
		      !is_found(naming, (struct buddy_name){ node, name.generation }));
	for (unsigned int bit = 0; bit < 32; bit++)
		CHECK(!is_found(naming,
				(struct buddy_name){ name.node ^ 1U << bit, name.generation }));
	for (unsigned int bit = 0; bit < ARENA_GENERATION_BITS; bit++)
		CHECK(!is_found(naming,
				(struct buddy_name){ name.node, name.generation ^ 1ULL << bit }));
	CHECK(is_found(naming, name));
	CHECK_OK(buddy_free(&list, false));
	buddy_close_owner(naming.allocator, other.owner);
	end(naming);
}

TEST("the name of one allocator finds nothing in another")
{
	struct naming naming = begin(MIB), other = begin(MIB);
	struct buddy_list list = alloc(naming, 4 * KIB), twin = alloc(other, 4 * KIB);
	struct buddy_name name = buddy_name_of(&list);

	CHECK_EQ(naming.owner, other.owner);
	CHECK_EQ(name.node, buddy_name_of(&twin).node);
	CHECK(is_found(naming, name));
	CHECK(!is_found(other, name));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&twin, false));
	end(naming);
	end(other);
}

TEST("a list that was trimmed has a new name, and the old one finds nothing")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, 64 * KIB);
	static const uint64_t starts[] = { 0, 0, 36 * KIB };
	static const uint64_t sizes[] = { 64 * KIB, 60 * KIB, 4 * KIB };

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t start = MIB - 64 * KIB + starts[i];
		struct buddy_name name;

		if (buddy_count(&list) != 1) {
			CHECK_OK(buddy_free(&list, false));
			list = alloc(naming, 64 * KIB);
		}
		name = buddy_name_of(&list);
		CHECK_OK(buddy_trim(&list, i == 2 ? &start : NULL, sizes[i]));
		CHECK(!is_found(naming, name));
		CHECK(is_found(naming, buddy_name_of(&list)));
	}
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("a list whose trim is refused keeps its name")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, 28 * KIB);
	struct buddy_name name = buddy_name_of(&list);

	CHECK_STATUS(buddy_trim(&list, NULL, 4 * KIB), TRIM_NOT_SINGULAR);
	CHECK_STATUS(buddy_trim_raw(&list, NULL, 4 * KIB), KERNEL_EINVAL);
	CHECK(is_found(naming, name));
	CHECK_STATUS(buddy_free_block(&list, 3, false), INDEX_OUTSIDE_LIST);
	CHECK(is_found(naming, name));
	CHECK_EQ(buddy_count(&list), 3);
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("a list that loses a block, the first or another one, has a new name")
{
	for (uint64_t index = 0; index < 3; index++) {
		for (unsigned int raw = 0; raw < 2; raw++) {
			struct naming naming = begin(MIB);
			struct buddy_list list = alloc(naming, 28 * KIB);
			struct buddy_name name = buddy_name_of(&list);

			CHECK_OK(raw ? buddy_free_block_raw(&list, index) :
				       buddy_free_block(&list, index, false));
			CHECK(!is_found(naming, name));
			CHECK_EQ(buddy_count(&list), 2);
			CHECK(is_found(naming, buddy_name_of(&list)));
			CHECK_EQ(buddy_name_of(&list).node == name.node, index != 0);
			CHECK_OK(buddy_free(&list, false));
			end(naming);
		}
	}
}

TEST("a list that has lost its last block is empty, and has no name")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, 4 * KIB);
	struct buddy_name name = buddy_name_of(&list);

	CHECK_OK(buddy_free_block(&list, 0, false));
	CHECK(!is_found(naming, name));
	CHECK_SAME(list.first, NULL);
	CHECK_SAME(list.allocator, naming.allocator);
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("a parked list is found by nobody, and an adopted one by its new owner only")
{
	struct naming giver = begin(MIB);
	struct naming taker = { giver.allocator, buddy_open_owner(giver.allocator) };
	struct naming parked = { giver.allocator, BUDDY_PARKED };
	struct buddy_list list = alloc(giver, 28 * KIB), adopted = { .owner = taker.owner };
	struct buddy_name name = buddy_name_of(&list);
	struct buddy_token ticket;

	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, &giver, ticket));
	CHECK(!is_found(giver, name) && !is_found(taker, name) && !is_found(parked, name));
	CHECK_OK(buddy_adopt(giver.allocator, ticket, &adopted));
	CHECK(!is_found(giver, name) && !is_found(taker, name));
	name = buddy_name_of(&adopted);
	CHECK(is_found(taker, name));
	CHECK(!is_found(giver, name) && !is_found(parked, name));
	CHECK_OK(buddy_free(&adopted, false));
	buddy_close_owner(giver.allocator, taker.owner);
	end(giver);
}

TEST("a node that is used again has another generation, and no other one comes twice")
{
	struct naming naming = begin(MIB);
	struct buddy_name first, name;
	uint64_t previous = 0;

	for (int i = 0; i < 1000; i++) {
		struct buddy_list list = alloc(naming, MIB);

		name = buddy_name_of(&list);
		if (!i)
			first = name;
		CHECK_EQ(name.node, first.node);
		CHECK(name.generation > previous);
		CHECK_EQ(is_found(naming, first), i == 0);
		CHECK_OK(buddy_free(&list, false));
		previous = name.generation;
	}
	end(naming);
}

TEST("names stay stale when slabs go and come again")
{
	enum { LISTS = 4096 };
	struct naming naming = begin(LISTS * CHUNK);
	static struct buddy_list lists[LISTS];
	static struct buddy_name stale[LISTS], names[LISTS];
	uint64_t at_first = buddy_native_bytes(naming.allocator);

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < LISTS; i++) {
			lists[i] = alloc(naming, CHUNK);
			names[i] = buddy_name_of(&lists[i]);
		}
		CHECK(buddy_native_bytes(naming.allocator) > 2 * at_first);
		for (int i = 0; round && i < LISTS; i++)
			CHECK(!is_found(naming, stale[i]));
		for (int i = 0; i < LISTS; i++) {
			CHECK(is_found(naming, names[i]));
			stale[i] = names[i];
		}
		for (int i = 0; i < LISTS; i++)
			CHECK_OK(buddy_free(&lists[i], false));
		CHECK_EQ(buddy_native_bytes(naming.allocator), at_first);
		for (int i = 0; i < LISTS; i++)
			CHECK(!is_found(naming, stale[i]));
	}
	end(naming);
}

/* A list that changes at random; its name goes into `stale` before. */
static void change_at_random(struct naming naming, struct buddy_list *list, uint64_t *random,
			     struct buddy_name *stale)
{
	if (list->first)
		*stale = buddy_name_of(list);
	switch (list->first ? random_below(random, 4) : 4) {
	case 0:
		buddy_trim(list, NULL, CHUNK);
		break;
	case 1:
		buddy_free_block(list, 0, false);
		break;
	case 4:
		buddy_free(list, false);
		ALLOC(naming.allocator, list, .size = CHUNK * (1 + random_below(random, 15)));
		break;
	default:
		buddy_free(list, false);
	}
}

TEST("a million stale names, drawn at random, find nothing")
{
	enum { LISTS = 300, NAMES = 20000, STEPS = 1000000 };
	struct naming naming = begin(4 * MIB);
	static struct buddy_list lists[LISTS];
	static struct buddy_name stale[NAMES];
	uint64_t random = 3, count = 0;

	for (int i = 0; i < LISTS; i++)
		lists[i].owner = naming.owner;
	for (int step = 0; step < STEPS; step++) {
		struct buddy_list *list = &lists[random_below(&random, LISTS)];
		struct buddy_name before, old;
		bool has_name = list->first;

		if (has_name)
			before = buddy_name_of(list);
		change_at_random(naming, list, &random, &old);
		/* A trim that is refused changes nothing. */
		if (has_name && !(list->first && same_name(before, buddy_name_of(list))))
			stale[count++ % NAMES] = before;
		if (count)
			CHECK(!is_found(naming, stale[random_below(&random, min(count, NAMES))]));
		/* Frees everything now and then, and so the slabs. */
		if (step % 100000)
			continue;
		for (int i = 0; i < LISTS; i++)
			CHECK_OK(buddy_free(&lists[i], false));
	}
	CHECK(count > STEPS / 4);
	for (int i = 0; i < LISTS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	end(naming);
}

static void set_generation(struct gpu_buddy_block *block, uint64_t generation)
{
	*buddy_mark_of(block) =
		generation << ARENA_OWNER_BITS | (*buddy_mark_of(block) & BUDDY_OWNER_MASK);
}

TEST("a report splits the generation into 30 low bits and the rest, which stands in the shape")
{
	static const uint64_t generations[] = {
		1,          (1ULL << 30) - 1,          1ULL << 30,           (1ULL << 32) + 5,
		1ULL << 45, ARENA_LAST_GENERATION - 1, ARENA_LAST_GENERATION
	};
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, 12 * KIB);
	uint64_t generation = buddy_name_of(&list).generation;

	for (size_t i = 0; i < sizeof(generations) / sizeof(*generations); i++) {
		struct told told;

		set_generation(list.first, generations[i]);
		told = report(&list);
		CHECK_EQ(told.name.generation, generations[i]);
		CHECK_EQ(told.report.generation, generations[i] % (1 << 30));
		CHECK_EQ(told.high_generation, generations[i] >> 30);
		CHECK(told.report.shape > 0);
		CHECK_EQ(told.count, 2);
		CHECK_EQ(told.order, 1);
		CHECK(!told.clear);
	}
	set_generation(list.first, generation);
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("a root that has used its generations up is in no list any more, and can still be split")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, MIB);
	struct buddy_name name;
	struct picture before;

	set_generation(list.first, ARENA_LAST_GENERATION - 1);
	name = buddy_name_of(&list);
	CHECK(is_found(naming, name));
	CHECK_OK(buddy_free(&list, false));
	CHECK(!is_found(naming, name));
	CHECK(!is_found(naming, (struct buddy_name){ name.node, ARENA_LAST_GENERATION }));

	for (unsigned int raw = 0; raw < 2; raw++) {
		take_picture(naming.allocator, &before);
		CHECK_STATUS(raw ? ALLOC_RAW(naming.allocator, &list, .end = MIB, .size = MIB) :
				   ALLOC(naming.allocator, &list, .size = MIB),
			     NO_MEMORY);
		CHECK_SAME(list.allocator, NULL);
		CHECK_SAME(list.first, NULL);
		CHECK_UNCHANGED(naming.allocator, &before);
	}
	CHECK_OK(ALLOC(naming.allocator, &list, .size = MIB / 2));
	CHECK(is_found(naming, buddy_name_of(&list)));
	CHECK_OK(buddy_free(&list, false));
	end(naming);
}

TEST("a node that has used its generations up is not handed out again")
{
	struct naming naming = begin(MIB);
	struct buddy_list anchor = alloc(naming, MIB / 2), list = alloc(naming, 4 * KIB);
	struct buddy_name name;

	set_generation(list.first, ARENA_LAST_GENERATION - 1);
	name = buddy_name_of(&list);
	CHECK_OK(buddy_free(&list, false));
	for (int i = 0; i < 300; i++) {
		list = alloc(naming, 4 * KIB);
		CHECK(buddy_name_of(&list).node != name.node);
		CHECK(!is_found(naming, name));
		CHECK_OK(buddy_free(&list, false));
	}
	CHECK_OK(buddy_free(&anchor, false));
	end(naming);
}

TEST("a list that gets the last generation is found by it, and ends")
{
	struct naming naming = begin(MIB);
	struct buddy_list list = alloc(naming, MIB);
	struct buddy_name name;

	set_generation(list.first, ARENA_LAST_GENERATION - 1);
	CHECK_OK(buddy_trim(&list, NULL, MIB));
	name = buddy_name_of(&list);
	CHECK_EQ(name.generation, ARENA_LAST_GENERATION);
	CHECK(is_found(naming, name));
	CHECK_OK(buddy_free(&list, false));
	CHECK(!is_found(naming, name));
	CHECK_STATUS(ALLOC(naming.allocator, &list, .size = MIB), NO_MEMORY);
	end(naming);
}

TEST("owners have numbers of their own, and a number comes again when its owner is closed")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t first = buddy_open_owner(allocator), second = buddy_open_owner(allocator);

	CHECK(first >= BUDDY_FIRST_OWNER && second >= BUDDY_FIRST_OWNER);
	CHECK(first != second);
	buddy_close_owner(allocator, first);
	CHECK_EQ(buddy_open_owner(allocator), first);
	buddy_close_owner(allocator, 0);
	buddy_close_owner(allocator, BUDDY_NOBODY);
	buddy_close_owner(allocator, 12345);
	CHECK_EQ(buddy_open_owner(allocator), second + 1);
	drop_allocator(allocator);
}

TEST("there are as many owners as fit into a mark, and no more")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint32_t owner, last = 0, count = 0;

	while ((owner = buddy_open_owner(allocator))) {
		last = owner;
		count++;
	}
	CHECK_EQ(last, BUDDY_OWNER_MASK);
	CHECK_EQ(count, BUDDY_OWNER_MASK - BUDDY_FIRST_OWNER + 1);
	CHECK_EQ(buddy_open_owner(allocator), 0);
	buddy_close_owner(allocator, 1000);
	CHECK_EQ(buddy_open_owner(allocator), 1000);
	CHECK_EQ(buddy_open_owner(allocator), 0);
	drop_allocator(allocator);
}

TEST("lists of one owner are freed, however many, and nobody else's")
{
	enum { LISTS = 3000 };
	struct naming naming = begin(64 * MIB);
	struct naming other = { naming.allocator, buddy_open_owner(naming.allocator) };
	static struct buddy_list kept[LISTS];
	uint64_t freed;

	for (int i = 0; i < LISTS; i++) {
		alloc(naming, CHUNK);
		kept[i] = alloc(i % 64 ? other : (struct naming){ naming.allocator, BUDDY_NOBODY },
				i % 100 ? CHUNK : 3 * CHUNK);
	}
	CHECK_OK(buddy_free_owned(naming.allocator, naming.owner, true, &freed));
	CHECK_EQ(freed, LISTS);
	CHECK_EQ(clear_avail_of(naming.allocator), LISTS * CHUNK);
	CHECK_OK(buddy_free_owned(naming.allocator, naming.owner, true, &freed));
	CHECK_EQ(freed, 0);
	for (int i = 0; i < LISTS; i++) {
		CHECK_EQ(buddy_count(&kept[i]), i % 100 ? 1 : 2);
		CHECK_OK(buddy_free(&kept[i], false));
	}
	buddy_close_owner(naming.allocator, other.owner);
	CHECK_EQ(avail_of(naming.allocator), 64 * MIB);
	end(naming);
}

TEST("a BUG while the lists of an owner are freed counts the list that met it, and leaves the others")
{
	struct naming naming = begin(MIB);
	struct buddy_list lists[20];
	struct buddy_name names[20];
	uint64_t freed, left = 0;

	for (int i = 0; i < 20; i++) {
		lists[i] = alloc(naming, CHUNK);
		names[i] = buddy_name_of(&lists[i]);
	}
	corrupt(&lists[10]);
	CHECK_STATUS(buddy_free_owned(naming.allocator, naming.owner, false, &freed), POISONED);
	for (int i = 0; i < 20; i++)
		left += is_found(naming, names[i]);
	CHECK(!is_found(naming, names[10]));
	CHECK_EQ(freed, 20 - left);
	CHECK_STATUS(buddy_free_owned(naming.allocator, naming.owner, false, &freed), POISONED);
	CHECK_EQ(freed, 0);
	buddy_put(naming.allocator);
}
