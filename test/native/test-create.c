/* Allocators come to be, are counted and go: native/buddy/allocator.c. */
#include "scenario.h"

TEST("a new allocator is one free, dirty space")
{
	struct buddy_allocator *allocator = new_allocator(GIB);
	struct picture picture;

	take_picture(allocator, &picture);
	CHECK_EQ(picture.stats.size, GIB);
	CHECK_EQ(picture.stats.chunk_size, CHUNK);
	CHECK_EQ(picture.stats.avail, GIB);
	CHECK_EQ(picture.stats.clear_avail, 0);
	CHECK_EQ(picture.stats.max_order, 18);
	CHECK_EQ(picture.count, 1);
	CHECK_EQ(picture.columns.offsets[0], 0);
	CHECK_EQ(picture.columns.orders[0], 18);
	CHECK_EQ(picture.columns.states[0], 0);
	free_picture(&picture);
	drop_allocator(allocator);
}

TEST("a bad configuration is refused and says which part of it")
{
	static const struct {
		uint64_t size, chunk_size;
		enum buddy_status status;
	} configs[] = {
		{ MIB, 0, BUDDY_CHUNK_SIZE_TOO_SMALL },
		{ MIB, 1, BUDDY_CHUNK_SIZE_TOO_SMALL },
		{ MIB, 2 * KIB, BUDDY_CHUNK_SIZE_TOO_SMALL },
		{ MIB, 4 * KIB - 1, BUDDY_CHUNK_SIZE_TOO_SMALL },
		{ MIB, 4 * KIB + 1, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ MIB, 12 * KIB, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ ~0ULL, ~0ULL, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ 0, 4 * KIB, BUDDY_SIZE_BELOW_CHUNK },
		{ 4 * KIB - 1, 4 * KIB, BUDDY_SIZE_BELOW_CHUNK },
		{ MIB, 2 * MIB, BUDDY_SIZE_BELOW_CHUNK },
	};

	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		struct buddy_config config = { .size = configs[i].size,
					       .chunk_size = configs[i].chunk_size };
		struct buddy_allocator *allocator = NULL;

		CHECK_EQ(buddy_create(&config, &allocator), configs[i].status);
		CHECK_SAME(allocator, NULL);
	}
}

TEST("a base offset is kept, and refused where the space would end beyond 2^64")
{
	struct buddy_config config = { .size = MIB, .chunk_size = 4 * KIB };
	struct buddy_allocator *allocator = NULL;

	config.base_offset = -(uint64_t)MIB;
	CHECK_EQ(buddy_create(&config, &allocator), BUDDY_BASE_OFFSET_TOO_LARGE);
	CHECK_SAME(allocator, NULL);
	config.base_offset--;
	CHECK_OK(buddy_create(&config, &allocator));
	CHECK_EQ(buddy_base_offset(allocator), config.base_offset);
	drop_allocator(allocator);
}

TEST("every size and chunk size makes an allocator of whole chunks, in roots of descending powers of two")
{
	static const struct {
		uint64_t size, chunk_size, managed, blocks;
	} spaces[] = {
		{ 4 * KIB, 4 * KIB, 4 * KIB, 1 },       { 8 * KIB - 1, 4 * KIB, 4 * KIB, 1 },
		{ 28 * KIB, 4 * KIB, 28 * KIB, 3 },     { 10 * GIB + 5, 4 * KIB, 10 * GIB, 2 },
		{ 10 * MIB, 64 * KIB, 10 * MIB, 2 },    { 3 * MIB, 2 * MIB, 2 * MIB, 1 },
		{ 1ULL << 50, 4 * KIB, 1ULL << 50, 1 }, { 1ULL << 63, 1ULL << 63, 1ULL << 63, 1 },
		{ ~0ULL, 1ULL << 63, 1ULL << 63, 1 },   { ~0ULL, 4 * KIB, ~0ULL - 4095, 52 },
	};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++) {
		struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
			.size = spaces[i].size, .chunk_size = spaces[i].chunk_size });
		struct picture picture;

		take_picture(allocator, &picture);
		CHECK_EQ(picture.stats.size, spaces[i].managed);
		CHECK_EQ(picture.stats.chunk_size, spaces[i].chunk_size);
		CHECK_EQ(picture.count, spaces[i].blocks);
		free_picture(&picture);
		drop_allocator(allocator);
	}
}

TEST("an allocator that gets no memory to begin with is not created, and nothing leaks")
{
	uint64_t limit = 1;
	struct buddy_allocator *allocator = NULL;
	struct buddy_config config = { .size = ~0ULL, .chunk_size = CHUNK, .memory_limit = limit };

	while (buddy_create(&config, &allocator)) {
		CHECK_SAME(allocator, NULL);
		CHECK_STATUS(buddy_create(&config, &allocator), NO_MEMORY);
		config.memory_limit += 50;
		CHECK(config.memory_limit < 80 * KIB);
	}
	CHECK(config.memory_limit > 64 * KIB);
	drop_allocator(allocator);
}

TEST("an allocator lives until its last reference is given up")
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	buddy_get(allocator);
	buddy_get(allocator);
	buddy_put(allocator);
	CHECK_BOOKS(allocator);
	buddy_put(allocator);
	CHECK_BOOKS(allocator);
	buddy_put(allocator);
}

TEST("a list that the raw entry left empty is bound to its allocator until it is freed")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC_RAW(allocator, &list, .size = 2 * MIB), KERNEL_EINVAL);
	CHECK_SAME(list.allocator, allocator);
	CHECK_EQ(buddy_count(&list), 0);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 4 * KIB), LIST_IN_USE);
	CHECK_OK(buddy_free(&list, false));
	CHECK_SAME(list.allocator, NULL);
	drop_allocator(allocator);
}

TEST("a list that the checked entry could not fill belongs to nobody")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .size = 2 * MIB), SIZE_ABOVE_SPACE);
	CHECK_SAME(list.allocator, NULL);
	CHECK_OK(ALLOC(other, &list, .size = MIB));
	drop_allocator(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(other);
}

TEST("allocators have nothing to do with each other")
{
	struct buddy_allocator *allocator = new_allocator(MIB), *other = new_allocator(2 * MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(other_list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB));
	CHECK_EQ(avail_of(other), 2 * MIB);
	CHECK_OK(ALLOC(other, &other_list, .size = 2 * MIB));
	CHECK_EQ(avail_of(allocator), MIB - 64 * KIB);
	CHECK_OK(buddy_free(&list, true));
	CHECK_EQ(clear_avail_of(allocator), 64 * KIB);
	CHECK_EQ(clear_avail_of(other), 0);
	drop_allocator(allocator);
	CHECK_OK(buddy_free(&other_list, false));
	drop_allocator(other);
}
