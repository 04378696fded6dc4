/* Red-black trees keep their rules, whatever is inserted and erased: native/kernel/rbtree.c. */
#include "random.h"
#include "tree.h"

#include <string.h>
#include <userspace/context.h>

#define MOST_NODES 2000

static struct kernel_context context;
static struct rb_root root;
static struct node nodes[MOST_NODES];
static unsigned int count;

/* An empty tree, and a context in which work is unlimited. */
static void start(void)
{
	kernel_enter(&context, NULL, 0);
	root = RB_ROOT;
	count = 0;
}

static bool is_in_tree(const struct node *node)
{
	return node->rb.parent_and_color != (unsigned long)&node->rb;
}

static void insert(unsigned int key, uint64_t *random)
{
	nodes[key].key = (int)key;
	nodes[key].weight = (unsigned int)random_below(random, 1000);
	tree_insert(&root, &nodes[key]);
	count++;
}

static void erase(struct node *node)
{
	tree_erase(&root, node);
	count--;
}

/* The tree of the nodes 0 to number - 1, inserted in random order. */
static void plant(unsigned int number, uint64_t *random)
{
	static unsigned int order[MOST_NODES];

	start();
	random_order(random, order, number);
	for (unsigned int i = 0; i < number; i++)
		insert(order[i], random);
	CHECK_TREE(&root, number);
}

/* Walks back from the last node: what is met are the nodes that are in the tree, in descending order. */
static void check_walk_back(void)
{
	struct rb_node *rb = rb_last(&root);
	unsigned int met = 0;

	for (int key = MOST_NODES; key-- > 0;) {
		if (!rb || node_of(rb)->key != key)
			continue;
		met++;
		rb = rb_prev(rb);
	}
	CHECK_SAME(rb, NULL);
	CHECK_EQ(met, count);
}

/* Walks on from the first node: what is met are the nodes that are in the tree, in ascending order. */
static void check_walk_on(void)
{
	struct rb_node *rb = rb_first(&root);
	unsigned int met = 0;

	for (int key = 0; key < MOST_NODES; key++) {
		if (!rb || node_of(rb)->key != key)
			continue;
		met++;
		rb = rb_next(rb);
	}
	CHECK_SAME(rb, NULL);
	CHECK_EQ(met, count);
}

/* Chooses the node to erase next, from a tree that is not empty. */
typedef struct node *(*picker)(uint64_t *random);

static struct node *pick_root(uint64_t *random)
{
	(void)random;
	return node_of(root.rb_node);
}

static struct node *pick_lowest(uint64_t *random)
{
	(void)random;
	return node_of(rb_first(&root));
}

static struct node *pick_highest(uint64_t *random)
{
	(void)random;
	return node_of(rb_last(&root));
}

/* Any node, found by a walk back from the last one. */
static struct node *pick_any(uint64_t *random)
{
	struct rb_node *rb = rb_last(&root);

	for (uint64_t steps = random_below(random, count); steps; steps--)
		rb = rb_prev(rb);
	return node_of(rb);
}

/* The first node, from the last one back, of two children of which the right one has a left child or has none. */
static struct node *pick_by_successor(bool adjacent)
{
	struct rb_node *rb;

	for (rb = rb_last(&root); rb; rb = rb_prev(rb))
		if (rb->rb_left && rb->rb_right && !rb->rb_right->rb_left == adjacent)
			return node_of(rb);
	return node_of(root.rb_node);
}

static struct node *pick_with_adjacent_successor(uint64_t *random)
{
	(void)random;
	return pick_by_successor(true);
}

static struct node *pick_with_far_successor(uint64_t *random)
{
	(void)random;
	return pick_by_successor(false);
}

/* Grows trees of many sizes and erases one node after the other. Large trees are not checked after every step. */
static void check_erasing(picker pick)
{
	static const unsigned int sizes[] = { 0, 1,  2,  3,  4,   5,   7,
					      8, 15, 16, 33, 100, 500, MOST_NODES };
	uint64_t random = 1;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		plant(sizes[i], &random);
		while (count) {
			erase(pick(&random));
			if (count < 100 || count % 50 == 0)
				CHECK_TREE(&root, count);
		}
		CHECK(RB_EMPTY_ROOT(&root));
	}
}

TEST("an empty tree has no first and no last node and nothing to walk")
{
	start();
	CHECK(RB_EMPTY_ROOT(&root));
	CHECK_SAME(rb_first(&root), NULL);
	CHECK_SAME(rb_last(&root), NULL);
	CHECK_SAME(rb_first_postorder(&root), NULL);
}

TEST("a node that is linked is red, has its parent and no children")
{
	struct rb_node parent, node;

	memset(&node, 0xff, sizeof(node));
	rb_link_node(&node, &parent, &parent.rb_left);
	CHECK_SAME(parent.rb_left, &node);
	CHECK_SAME(rb_parent(&node), &parent);
	CHECK_EQ(node.parent_and_color & 1, 0);
	CHECK_SAME(node.rb_left, NULL);
	CHECK_SAME(node.rb_right, NULL);
}

TEST("a cleared node is its own parent")
{
	struct rb_node node;

	RB_CLEAR_NODE(&node);
	CHECK_SAME(rb_parent(&node), &node);
}

TEST("rb_entry_safe is NULL for NULL")
{
	CHECK_SAME(rb_entry_safe((struct rb_node *)NULL, struct node, rb), NULL);
	CHECK_SAME(rb_entry_safe(&nodes[1].rb, struct node, rb), &nodes[1]);
}

TEST("ascending insertions keep the rules after every step")
{
	uint64_t random = 2;

	start();
	while (count < 500) {
		insert(count, &random);
		CHECK_TREE(&root, count);
	}
}

TEST("descending insertions keep the rules after every step")
{
	uint64_t random = 3;

	start();
	while (count < 500) {
		insert(500 - count, &random);
		CHECK_TREE(&root, count);
	}
}

TEST("random insertions keep the rules after every step")
{
	static unsigned int order[500];
	uint64_t random = 4;

	for (int round = 0; round < 5; round++) {
		start();
		random_order(&random, order, 500);
		while (count < 500) {
			insert(order[count], &random);
			CHECK_TREE(&root, count);
		}
	}
}

TEST("random erasures keep the rules")
{
	check_erasing(pick_any);
}

TEST("erasing the root again and again keeps the rules")
{
	check_erasing(pick_root);
}

TEST("erasing the lowest node again and again keeps the rules")
{
	check_erasing(pick_lowest);
}

TEST("erasing the highest node again and again keeps the rules")
{
	check_erasing(pick_highest);
}

TEST("erasing nodes whose successor is right below keeps the rules")
{
	check_erasing(pick_with_adjacent_successor);
}

TEST("erasing nodes whose successor is far below keeps the rules")
{
	check_erasing(pick_with_far_successor);
}

TEST("insertions and erasures in random alternation keep the rules and the order")
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		uint64_t random = seed;

		start();
		for (unsigned int key = 0; key < MOST_NODES; key++)
			RB_CLEAR_NODE(&nodes[key].rb);
		for (int step = 0; step < 10000; step++) {
			unsigned int key = (unsigned int)random_below(&random, 60 * seed * seed);

			if (is_in_tree(&nodes[key]))
				erase(&nodes[key]);
			else
				insert(key, &random);
			if (step % (int)(seed * seed) == 0)
				CHECK_TREE(&root, count);
			if (step % 500 == 0)
				check_walk_back();
		}
	}
}

TEST("walking gives all in ascending order from the first node, in descending order from the last one")
{
	uint64_t random = 5;

	for (unsigned int number = 0; number <= MOST_NODES; number += number < 70 ? 1 : 193) {
		plant(number, &random);
		check_walk_on();
		check_walk_back();
	}
}

TEST("postorder visits every node once, and children before their parent")
{
	uint64_t random = 6;

	for (unsigned int number = 0; number <= MOST_NODES; number += number < 70 ? 1 : 193) {
		static bool visited[MOST_NODES];
		unsigned int visits = 0;

		memset(visited, 0, sizeof(visited));
		plant(number, &random);
		for (struct rb_node *rb = rb_first_postorder(&root); rb;
		     rb = rb_next_postorder(rb)) {
			CHECK(!visited[node_of(rb)->key]);
			CHECK(!rb->rb_left || visited[node_of(rb->rb_left)->key]);
			CHECK(!rb->rb_right || visited[node_of(rb->rb_right)->key]);
			visited[node_of(rb)->key] = true;
			visits++;
		}
		CHECK_EQ(visits, number);
	}
}

TEST("a postorder loop lets the body destroy each node")
{
	struct node *node, *following;
	uint64_t random = 7;
	unsigned int visits = 0;

	plant(300, &random);
	rbtree_postorder_for_each_entry_safe(node, following, &root, rb) {
		memset(node, 0xff, sizeof(*node));
		visits++;
	}
	CHECK_EQ(visits, 300);

	start();
	rbtree_postorder_for_each_entry_safe(node, following, &root, rb)
		CHECK(false);
}

TEST("rb_prev is NULL once the work is spent")
{
	struct rb_node *rb;
	uint64_t random = 8;
	unsigned int steps = 0;

	plant(1000, &random);
	kernel_enter(&context, NULL, 300);
	for (rb = rb_last(&root); rb; rb = rb_prev(rb))
		steps++;
	/* A step from node to node counts as two. */
	CHECK_EQ(steps, 150 + 1);
	CHECK(context.work_spent);
}

TEST("rb_prev is not NULL within 128 steps of an allocation, however much work was done")
{
	struct rb_node *rb;
	uint64_t random = 9;
	unsigned int steps = 0;

	plant(1000, &random);
	kernel_enter(&context, NULL, 1);
	for (rb = rb_last(&root); rb; rb = rb_prev(rb))
		if (++steps == 50)
			context.step_of_allocation = context.steps;
	CHECK_EQ(steps, 49 + 64 + 1);
	CHECK(context.work_spent);
}

TEST("a call without a step limit walks as far as it likes")
{
	uint64_t random = 10;

	plant(MOST_NODES, &random);
	for (int round = 0; round < 10; round++)
		check_walk_back();
	CHECK(!context.work_spent);
}
