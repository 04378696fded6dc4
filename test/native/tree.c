/* Trees of numbered nodes, see tree.h. The rules that are checked are those of CLRS, section 13.1. */
#include "tree.h"

#include <stdio.h>
#include <string.h>

static unsigned int weight_of(const struct node *node)
{
	return node->weight;
}

RB_DECLARE_CALLBACKS_MAX(static, keep_heaviest, struct node, rb, unsigned int, heaviest, weight_of);

void tree_insert(struct rb_root *root, struct node *node)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		struct node *above = node_of(*link);

		if (above->heaviest < node->weight)
			above->heaviest = node->weight;
		parent = *link;
		link = node->key < above->key ? &parent->rb_left : &parent->rb_right;
	}

	node->heaviest = node->weight;
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented(&node->rb, root, &keep_heaviest);
}

void tree_erase(struct rb_root *root, struct node *node)
{
	rb_erase_augmented(&node->rb, root, &keep_heaviest);
	RB_CLEAR_NODE(&node->rb);
}

static bool is_black(struct rb_node *rb)
{
	return !rb || rb->parent_and_color & 1;
}

struct subtree {
	unsigned int count;
	unsigned int black_height;
	unsigned int heaviest;
};

static unsigned int heavier(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* Checks that the keys below `rb` lie in [lowest, highest]. */
static struct subtree check_subtree(struct test_place place, struct rb_node *rb,
				    struct rb_node *parent, int lowest, int highest)
{
	const struct node *node = node_of(rb);
	struct subtree left, right, whole;

	if (!rb)
		return (struct subtree){ 0 };
	if (rb_parent(rb) != parent)
		test_fail(place, "node %d has a wrong parent", node->key);
	if (node->key < lowest || node->key > highest)
		test_fail(place, "node %d is out of order", node->key);
	if (!is_black(rb) && !is_black(parent))
		test_fail(place, "node %d is red below a red one", node->key);

	left = check_subtree(place, rb->rb_left, rb, lowest, node->key);
	right = check_subtree(place, rb->rb_right, rb, node->key, highest);
	if (left.black_height != right.black_height)
		test_fail(place, "node %d has %u black ones to the left, %u to the right",
			  node->key, left.black_height, right.black_height);

	whole.count = left.count + right.count + 1;
	whole.black_height = left.black_height + is_black(rb);
	whole.heaviest = heavier(node->weight, heavier(left.heaviest, right.heaviest));
	if (node->heaviest != whole.heaviest)
		test_fail(place, "node %d believes that the heaviest below is %u, not %u",
			  node->key, node->heaviest, whole.heaviest);
	return whole;
}

void tree_check(struct test_place place, const struct rb_root *root, unsigned int count)
{
	struct subtree whole;

	if (!is_black(root->rb_node))
		test_fail(place, "the root is red");
	whole = check_subtree(place, root->rb_node, NULL, -1, 0x7fffffff);
	if (whole.count != count)
		test_fail(place, "the tree has %u nodes, not %u", whole.count, count);
}

static char *print_shape(char *end, struct rb_node *rb)
{
	if (!rb)
		return end + sprintf(end, "-");

	end += sprintf(end, "%d%c", node_of(rb)->key, is_black(rb) ? 'B' : 'R');
	if (!rb->rb_left && !rb->rb_right)
		return end;

	*end++ = '(';
	end = print_shape(end, rb->rb_left);
	*end++ = ',';
	end = print_shape(end, rb->rb_right);
	return end + sprintf(end, ")");
}

const char *tree_shape(const struct rb_root *root)
{
	static char shape[4096];

	print_shape(shape, root->rb_node);
	return shape;
}
