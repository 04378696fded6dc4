/* Objects with numbers: native/buddy/slots.c. */
#include "random.h"
#include "test.h"

#include <buddy/slots.h>

struct object {
	uint64_t words[3];
};

static struct slots slots;

static struct object *at(uint32_t slot)
{
	return slots_at(&slots, slot);
}

TEST("the first slots are the lowest numbers")
{
	slots_init(&slots, sizeof(struct object));
	for (uint32_t slot = 0; slot < 1000; slot++)
		CHECK_EQ(slots_open(&slots), slot);
	slots_destroy(&slots);
}

TEST("a slot that was closed, or never was opened, holds nothing")
{
	static const uint32_t made_up[] = { 1, 255, 256, 100000, 0x7fffffff, 0xfffffffe, SLOT_NONE };
	uint32_t slot;

	slots_init(&slots, sizeof(struct object));
	CHECK_SAME(slots_at(&slots, 0), NULL);
	CHECK_SAME(slots_find(&slots, 0, 0), NULL);
	slot = slots_open(&slots);
	for (size_t i = 0; i < sizeof(made_up) / sizeof(*made_up); i++) {
		CHECK_SAME(slots_at(&slots, made_up[i]), NULL);
		CHECK_SAME(slots_find(&slots, made_up[i], 0), NULL);
		slots_close(&slots, made_up[i]);
	}
	slots_close(&slots, slot);
	slots_close(&slots, slot);
	CHECK_SAME(slots_at(&slots, slot), NULL);
	CHECK_EQ(slots_open(&slots), slot);
	CHECK(slots_open(&slots) != slot);
	slots_destroy(&slots);
}

TEST("a slot is found by its generation only")
{
	uint32_t slot, generation;

	slots_init(&slots, sizeof(struct object));
	slot = slots_open(&slots);
	generation = slots_generation(&slots, slot);
	CHECK_SAME(slots_find(&slots, slot, generation), at(slot));
	CHECK_SAME(slots_find(&slots, slot, generation + 1), NULL);
	CHECK_SAME(slots_find(&slots, slot, ~generation), NULL);

	slots_renew(&slots, slot);
	CHECK_SAME(slots_find(&slots, slot, generation), NULL);
	CHECK_SAME(slots_find(&slots, slot, slots_generation(&slots, slot)), at(slot));
	slots_destroy(&slots);
}

TEST("a slot that is opened again has another generation")
{
	uint32_t slot, generation;

	slots_init(&slots, sizeof(struct object));
	slot = slots_open(&slots);
	generation = slots_generation(&slots, slot);
	for (int i = 0; i < 1000; i++) {
		slots_close(&slots, slot);
		CHECK_SAME(slots_find(&slots, slot, generation), NULL);
		CHECK_EQ(slots_open(&slots), slot);
		CHECK_SAME(slots_find(&slots, slot, generation), NULL);
	}
	slots_destroy(&slots);
}

TEST("generations stay small integers, and start anew after the largest")
{
	uint32_t slot;

	slots_init(&slots, sizeof(struct object));
	slot = slots_open(&slots);
	/* The generation is the first number of an entry, right before the object and the link. */
	((uint32_t *)slots_at(&slots, slot))[-2] = 0x3fffffff;
	CHECK_EQ(slots_generation(&slots, slot), 0x3fffffff);
	slots_renew(&slots, slot);
	CHECK_EQ(slots_generation(&slots, slot), 0);
	slots_destroy(&slots);
}

TEST("objects never move, however many are added")
{
	enum { COUNT = 70000 };
	static struct object *objects[COUNT];

	slots_init(&slots, sizeof(struct object));
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t slot = slots_open(&slots);

		objects[slot] = at(slot);
		objects[slot]->words[0] = i;
	}
	for (uint32_t slot = 0; slot < COUNT; slot++) {
		CHECK_SAME(at(slot), objects[slot]);
		CHECK_EQ(objects[slot]->words[0], slot);
	}
	slots_destroy(&slots);
}

TEST("slots opened and closed at random are never given to two")
{
	enum { COUNT = 2000, STEPS = 100000 };
	static uint32_t slot_of[COUNT], generation_of[COUNT];
	static bool open[COUNT];
	uint64_t random = 1;

	slots_init(&slots, sizeof(struct object));
	for (int step = 0; step < STEPS; step++) {
		unsigned int i = (unsigned int)random_below(&random, COUNT);

		if (open[i]) {
			struct object *object = slots_find(&slots, slot_of[i], generation_of[i]);

			CHECK(object != NULL);
			CHECK_EQ(object->words[1], i);
			slots_close(&slots, slot_of[i]);
		} else {
			slot_of[i] = slots_open(&slots);
			generation_of[i] = slots_generation(&slots, slot_of[i]);
			at(slot_of[i])->words[1] = i;
		}
		open[i] = !open[i];
	}
	CHECK(slots.count <= COUNT + 256);
	slots_destroy(&slots);
}

TEST("an object may be as small as a pointer")
{
	slots_init(&slots, sizeof(void *));
	for (uint32_t slot = 0; slot < 600; slot++) {
		CHECK_EQ(slots_open(&slots), slot);
		CHECK_EQ((uintptr_t)slots_at(&slots, slot) % sizeof(void *), 0);
		*(uint32_t **)slots_at(&slots, slot) = &slots.count;
	}
	for (uint32_t slot = 0; slot < 600; slot++)
		CHECK_SAME(*(uint32_t **)slots_at(&slots, slot), &slots.count);
	slots_destroy(&slots);
}
