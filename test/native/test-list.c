/* Linked lists: native/kernel/include/linux/list.h. */
#include "test.h"

#include <linux/list.h>

struct item {
	int number;
	struct list_head link;
};

#define ITEMS 5

static struct list_head head;
static struct item items[ITEMS];

/* The list 0, 1, … of the first `count` items. Not inlined: a compiler that sees an empty list warns of loops over it. */
__attribute__((noinline)) static void make_list(int count)
{
	INIT_LIST_HEAD(&head);
	for (int i = 0; i < ITEMS; i++)
		items[i].number = i;
	for (int i = 0; i < count; i++)
		list_add_tail(&items[i].link, &head);
}

/* The list holds these numbers, read forwards by the next links and backwards by the previous ones. */
static void check_list(struct test_place place, struct list_head *list, int count,
		       const int *numbers)
{
	struct list_head *forwards = list->next, *backwards = list->prev;

	for (int i = 0; i < count; i++) {
		const struct item *item = list_entry(forwards, struct item, link);
		const struct item *mirrored = list_entry(backwards, struct item, link);

		if (forwards == list || backwards == list)
			test_fail(place, "the list ends after %d items", i);
		if (item->number != numbers[i])
			test_fail(place, "item %d is %d, not %d", i, item->number, numbers[i]);
		if (mirrored->number != numbers[count - 1 - i])
			test_fail(place, "item %d from the end is %d, not %d", i, mirrored->number,
				  numbers[count - 1 - i]);
		forwards = forwards->next;
		backwards = backwards->prev;
	}
	if (forwards != list || backwards != list)
		test_fail(place, "the list goes on after %d items", count);
}

#define CHECK_LIST(list, ...)                                                                      \
	check_list(TEST_HERE, list, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int),                  \
		   (const int[]){ __VA_ARGS__ })
#define CHECK_EMPTY(list) check_list(TEST_HERE, list, 0, NULL)

/* Enters a context in which a call may do as much work as it likes. */
static struct kernel_context *enter_context(u64 step_limit)
{
	static struct kernel_context context;

	kernel_enter(&context, NULL, step_limit);
	return &context;
}

TEST("a list that was declared is empty")
{
	LIST_HEAD(list);

	CHECK(list_empty(&list));
	CHECK_EMPTY(&list);
}

TEST("a list that was initialised is empty")
{
	struct list_head list;

	INIT_LIST_HEAD(&list);
	CHECK(list_empty(&list));
	CHECK_EMPTY(&list);
}

TEST("list_add puts an item first")
{
	make_list(2);
	list_add(&items[4].link, &head);
	CHECK_LIST(&head, 4, 0, 1);
}

TEST("list_add after an item puts one behind it")
{
	make_list(2);
	list_add(&items[4].link, &items[0].link);
	CHECK_LIST(&head, 0, 4, 1);
}

TEST("list_add_tail puts an item last")
{
	make_list(2);
	list_add_tail(&items[4].link, &head);
	CHECK_LIST(&head, 0, 1, 4);
}

TEST("list_del takes out the first, a middle and the last item")
{
	make_list(5);
	list_del(&items[0].link);
	CHECK_LIST(&head, 1, 2, 3, 4);
	list_del(&items[2].link);
	CHECK_LIST(&head, 1, 3, 4);
	list_del(&items[4].link);
	CHECK_LIST(&head, 1, 3);
}

TEST("list_del of the only item leaves an empty list")
{
	make_list(1);
	list_del(&items[0].link);
	CHECK_EMPTY(&head);
}

TEST("an item that was taken out no longer points into the list")
{
	make_list(3);
	list_del(&items[1].link);
	CHECK_SAME(items[1].link.next, NULL);
	CHECK_SAME(items[1].link.prev, NULL);
}

TEST("only a list of one item is singular")
{
	make_list(0);
	CHECK(!list_is_singular(&head));
	make_list(1);
	CHECK(list_is_singular(&head));
	make_list(2);
	CHECK(!list_is_singular(&head));
}

TEST("list_move puts an item of another list first")
{
	LIST_HEAD(other);

	make_list(3);
	list_add(&items[4].link, &other);
	list_move(&items[1].link, &other);
	CHECK_LIST(&other, 1, 4);
	CHECK_LIST(&head, 0, 2);
}

TEST("list_move_tail puts an item of the same list last")
{
	make_list(3);
	list_move_tail(&items[0].link, &head);
	CHECK_LIST(&head, 1, 2, 0);
}

TEST("list_splice_tail appends a list in its order")
{
	LIST_HEAD(other);

	make_list(2);
	list_add_tail(&items[3].link, &other);
	list_add_tail(&items[4].link, &other);
	list_splice_tail(&other, &head);
	CHECK_LIST(&head, 0, 1, 3, 4);
}

TEST("list_splice_tail fills an empty list")
{
	LIST_HEAD(other);

	make_list(2);
	list_splice_tail(&head, &other);
	CHECK_LIST(&other, 0, 1);
}

TEST("list_splice_tail of an empty list changes nothing")
{
	LIST_HEAD(other);

	make_list(2);
	list_splice_tail(&other, &head);
	CHECK_LIST(&head, 0, 1);
}

TEST("entries are reached from links")
{
	make_list(3);
	CHECK_SAME(list_entry(&items[1].link, struct item, link), &items[1]);
	CHECK_SAME(list_first_entry(&head, struct item, link), &items[0]);
	CHECK_SAME(list_last_entry(&head, struct item, link), &items[2]);
	CHECK_SAME(list_next_entry(&items[1], link), &items[2]);
	CHECK_SAME(list_prev_entry(&items[1], link), &items[0]);
}

TEST("list_first_entry_or_null is NULL for an empty list only")
{
	enter_context(0);
	make_list(2);
	CHECK_SAME(list_first_entry_or_null(&head, struct item, link), &items[0]);
	make_list(0);
	CHECK_SAME(list_first_entry_or_null(&head, struct item, link), NULL);
	kernel_leave();
}

TEST("list_first_entry_or_null is NULL once the work is spent and the last allocation is 128 steps ago")
{
	struct kernel_context *context = enter_context(10);

	make_list(1);
	for (int step = 1; step <= 100; step++)
		CHECK_SAME(list_first_entry_or_null(&head, struct item, link), &items[0]);
	context->step_of_allocation = context->steps;
	for (int step = 1; step <= 128; step++)
		CHECK_SAME(list_first_entry_or_null(&head, struct item, link), &items[0]);
	CHECK(!context->work_spent);
	CHECK_SAME(list_first_entry_or_null(&head, struct item, link), NULL);
	CHECK(context->work_spent);
	kernel_leave();
}

TEST("looking at an empty list is no step")
{
	struct kernel_context *context = enter_context(0);

	make_list(0);
	CHECK_SAME(list_first_entry_or_null(&head, struct item, link), NULL);
	CHECK_EQ(context->steps, 0);
	kernel_leave();
}

TEST("list_for_each_entry visits every item in order")
{
	struct item *item;
	int expected = 0;

	make_list(4);
	list_for_each_entry(item, &head, link)
		CHECK_EQ(item->number, expected++);
	CHECK_EQ(expected, 4);
}

TEST("loops over an empty list do nothing")
{
	struct item *item, *other;

	make_list(0);
	list_for_each_entry(item, &head, link)
		CHECK(false);
	list_for_each_entry_safe(item, other, &head, link)
		CHECK(false);
	list_for_each_entry_safe_reverse(item, other, &head, link)
		CHECK(false);
}

TEST("list_for_each_entry_safe lets the body take each item away")
{
	struct item *item, *following;
	int expected = 0;

	make_list(4);
	list_for_each_entry_safe(item, following, &head, link) {
		CHECK_EQ(item->number, expected++);
		list_del(&item->link);
		item->number = -1;
	}
	CHECK_EQ(expected, 4);
	CHECK_EMPTY(&head);
}

TEST("list_for_each_entry_safe_reverse lets the body take each item away, last first")
{
	struct item *item, *preceding;
	int expected = 4;

	make_list(4);
	list_for_each_entry_safe_reverse(item, preceding, &head, link) {
		CHECK_EQ(item->number, --expected);
		list_del(&item->link);
	}
	CHECK_EQ(expected, 0);
	CHECK_EMPTY(&head);
}
