/*
 * Red-black trees after Cormen, Leiserson, Rivest and Stein, "Introduction to Algorithms", chapter 13. The nodes live in
 * the elements, and the caller compares: it walks down to the empty place, links the node there and asks for balance.
 */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/compiler.h>
#include <linux/types.h>

struct rb_node {
	/* The parent's address; its lowest bit, free in any address of a node, is the colour: 1 is black. */
	unsigned long parent_and_color;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

/* clang-format off */
#define RB_ROOT (struct rb_root){NULL}
/* clang-format on */

#define RB_EMPTY_ROOT(root) ((root)->rb_node == NULL)

/* A node that is in no tree is its own parent. */
#define RB_CLEAR_NODE(node) ((node)->parent_and_color = (unsigned long)(node))

#define rb_entry(node, type, member) container_of(node, type, member)

/* The entry of a node; NULL for none. */
#define rb_entry_safe(node, type, member)                                                          \
	({                                                                                         \
		struct rb_node *entry_node = (node);                                               \
		entry_node ? rb_entry(entry_node, type, member) : NULL;                            \
	})

/* Puts a red node into an empty place of the tree: *link, below parent. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->parent_and_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/* The node with the lowest key, or NULL. */
struct rb_node *rb_first(const struct rb_root *root);

/* The node after this one in order, or NULL. */
struct rb_node *rb_next(const struct rb_node *node);

/* For trees without summaries, as before 7.0: rb_add() walks down to the empty place itself. */
void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *node, const struct rb_node *other));
void rb_erase(struct rb_node *node, struct rb_root *root);

/* The node with the highest key, or NULL. */
struct rb_node *rb_last(const struct rb_root *root);

/* The node before this one in order, or NULL; NULL too once the call has done all the work that it may. */
struct rb_node *rb_prev(const struct rb_node *node);

/* Postorder: children before their parent. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/* The step to `following` is taken before the body, which may then do with `entry` what it likes. */
#define rbtree_postorder_for_each_entry_safe(entry, following, root, member)                       \
	for (entry = rb_entry_safe(rb_first_postorder(root), __typeof__(*entry), member);          \
	     entry && ({                                                                           \
		     following = rb_entry_safe(rb_next_postorder(&entry->member),                  \
					       __typeof__(*entry), member);                        \
		     1;                                                                            \
	     });                                                                                   \
	     entry = following)

#endif
