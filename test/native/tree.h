/* Trees of numbered nodes for the tests of the red-black tree: growing, pruning and checking them. No tests here. */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include "test.h"

#include <linux/rbtree_augmented.h>

struct node {
	int key;
	unsigned int weight;
	/* The highest weight in the subtree: what the tree keeps up to date. */
	unsigned int heaviest;
	struct rb_node rb;
};

static inline struct node *node_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct node, rb) : NULL;
}

/* Keys may repeat: an equal one goes behind those that are there. */
void tree_insert(struct rb_root *root, struct node *node);
void tree_erase(struct rb_root *root, struct node *node);

/* Checks order, colours, black heights, parents and summaries, and that there are `count` nodes. */
void tree_check(struct test_place place, const struct rb_root *root, unsigned int count);

/*
 * The shape of the tree as a text: key, colour (B, R), and in parentheses the children, "-" for a missing one; "-" for
 * an empty tree. Overwritten by the next call.
 */
const char *tree_shape(const struct rb_root *root);

#define CHECK_TREE(root, count) tree_check(TEST_HERE, root, count)
#define CHECK_SHAPE(root, expected) CHECK_TEXT(tree_shape(root), expected)

#endif
