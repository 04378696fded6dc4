/* Red-black trees in which every node carries a summary of the subtree below it (CLRS, section 14.2). */
#ifndef _LINUX_RBTREE_AUGMENTED_H
#define _LINUX_RBTREE_AUGMENTED_H

#include <linux/rbtree.h>

struct rb_augment_callbacks {
	/* Computes the summaries anew from `node` up to, and without, `stop`; ends where one did not change. */
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	/* `new` takes the place of `old`, summary and all. */
	void (*copy)(struct rb_node *old, struct rb_node *new);
	/* `new` has been rotated above `old`: it has the subtree that was old's. */
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

/* The caller has linked the node and brought the summaries of its ancestors up to date. */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->parent_and_color & ~(unsigned long)1);
}

/* Callbacks for a summary that is the maximum of compute(entry) over the subtree. No semicolon is needed behind it. */
#define RB_DECLARE_CALLBACKS_MAX(storage, name, type, node_member, summary_type, summary, compute) \
	static inline summary_type name##_of(type *entry)                                          \
	{                                                                                          \
		summary_type highest = compute(entry);                                             \
		struct rb_node *left = entry->node_member.rb_left;                                 \
		struct rb_node *right = entry->node_member.rb_right;                               \
                                                                                                   \
		if (left && rb_entry(left, type, node_member)->summary > highest)                  \
			highest = rb_entry(left, type, node_member)->summary;                      \
		if (right && rb_entry(right, type, node_member)->summary > highest)                \
			highest = rb_entry(right, type, node_member)->summary;                     \
		return highest;                                                                    \
	}                                                                                          \
                                                                                                   \
	static void name##_propagate(struct rb_node *node, struct rb_node *stop)                   \
	{                                                                                          \
		while (node != stop) {                                                             \
			type *entry = rb_entry(node, type, node_member);                           \
			summary_type highest = name##_of(entry);                                   \
                                                                                                   \
			if (entry->summary == highest)                                             \
				break;                                                             \
			entry->summary = highest;                                                  \
			node = rb_parent(node);                                                    \
		}                                                                                  \
	}                                                                                          \
                                                                                                   \
	static void name##_copy(struct rb_node *old, struct rb_node *new)                          \
	{                                                                                          \
		rb_entry(new, type, node_member)->summary =                                        \
			rb_entry(old, type, node_member)->summary;                                 \
	}                                                                                          \
                                                                                                   \
	static void name##_rotate(struct rb_node *old, struct rb_node *new)                        \
	{                                                                                          \
		name##_copy(old, new);                                                             \
		rb_entry(old, type, node_member)->summary =                                        \
			name##_of(rb_entry(old, type, node_member));                               \
	}                                                                                          \
                                                                                                   \
	storage const struct rb_augment_callbacks name = {                                         \
		.propagate = name##_propagate,                                                     \
		.copy = name##_copy,                                                               \
		.rotate = name##_rotate,                                                           \
	};

#endif
