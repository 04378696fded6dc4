/* Tests who holds a lock, in builds with CONFIG_LOCKDEP only: native/kernel/mutex.c, and buddy.c's own checks. */
#ifndef CONFIG_LOCKDEP
#define CONFIG_LOCKDEP 1
#endif

#include "alloc-list.h"
#include "test.h"

#include <buddy/lists.h>
#include <buddy/parking.h>
#include <linux/sizes.h>

static struct mutex lock;

static bool is_held(void)
{
	return lock_is_held_type(&lock.dep_map, 0);
}

static void *is_held_here(void *unused)
{
	(void)unused;
	return is_held() ? &lock : NULL;
}

static bool is_held_in_another_thread(void)
{
	pthread_t thread;
	void *held;

	CHECK_EQ(pthread_create(&thread, NULL, is_held_here, NULL), 0);
	CHECK_EQ(pthread_join(thread, &held), 0);
	return held != NULL;
}

TEST("a lock knows whether this thread holds it")
{
	CHECK_EQ(mutex_init(&lock), 0);
	CHECK(!is_held());
	mutex_lock(&lock);
	CHECK(is_held());
	mutex_unlock(&lock);
	CHECK(!is_held());
	mutex_destroy(&lock);
}

TEST("a lock that this thread holds is not held by another")
{
	CHECK_EQ(mutex_init(&lock), 0);
	mutex_lock(&lock);
	CHECK(!is_held_in_another_thread());
	CHECK(is_held());
	mutex_unlock(&lock);
	mutex_destroy(&lock);
}

TEST("an assertion that does not hold is a WARN")
{
	struct kernel_context context = { 0 };

	kernel_enter(&context, NULL, 0);
	lockdep_assert(true);
	CHECK_EQ(context.warnings, 0);
	lockdep_assert(false);
	CHECK_EQ(context.warnings, 1);
	kernel_leave();
}

static uint64_t warnings_of(struct buddy_allocator *allocator)
{
	struct buddy_stats stats;

	buddy_stats(allocator, &stats);
	return stats.kernel_warnings;
}

TEST("the kernel code warns when it is called without the allocator's lock, and only then")
{
	struct buddy_config config = { .size = SZ_1M, .chunk_size = SZ_4K };
	struct buddy_allocator *allocator = NULL;

	CHECK_EQ(buddy_create(&config, &allocator), BUDDY_OK);
	CHECK_EQ(buddy_reset_clear(allocator, true), BUDDY_OK);
	CHECK_EQ(warnings_of(allocator), 0);

	kernel_enter(&allocator->context, NULL, 0);
	gpu_buddy_print(&allocator->mm);
	kernel_leave();
	CHECK_EQ(warnings_of(allocator), 1);

	mutex_lock(&allocator->lock);
	kernel_enter(&allocator->context, NULL, 0);
	gpu_buddy_print(&allocator->mm);
	kernel_leave();
	mutex_unlock(&allocator->lock);
	CHECK_EQ(warnings_of(allocator), 1);
	buddy_put(allocator);
}

TEST("lists still parked at their allocator's end are freed under the lock")
{
	const struct buddy_config config = { .size = SZ_1M, .chunk_size = SZ_4K };
	const struct buddy_request request = { .size = SZ_4K, .min_block_size = SZ_4K };
	struct buddy_allocator *allocator = NULL;
	struct buddy_token ticket;
	struct buddy_fault warning;
	struct buddy_list list;

	buddy_list_init(&list, BUDDY_NOBODY);
	CHECK_EQ(buddy_create(&config, &allocator), BUDDY_OK);
	CHECK_EQ(alloc_list(allocator, &list, &request), BUDDY_OK);
	CHECK_EQ(buddy_draw_token(&ticket), BUDDY_OK);
	CHECK_EQ(buddy_park(&list, &list, ticket), BUDDY_OK);
	buddy_put(allocator);
	CHECK(!buddy_take_warning(&warning));
}
