/*
 * Red-black trees: insertion and erasure by the textbook's cases (CLRS, chapter 13), rotation for rotation. The shape
 * of the tree is part of the result: gpu_buddy_reset_clear() erases while it walks, and what it misses depends on it.
 */
#include <linux/rbtree_augmented.h>
#include <userspace/context.h>

static bool is_red(const struct rb_node *node)
{
	return node && !(node->parent_and_color & 1);
}

static bool is_black(const struct rb_node *node)
{
	return !is_red(node);
}

static void set_red(struct rb_node *node)
{
	node->parent_and_color &= ~(unsigned long)1;
}

static void set_black(struct rb_node *node)
{
	node->parent_and_color |= 1;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->parent_and_color = (unsigned long)parent | (node->parent_and_color & 1);
}

/* Lets the parent of `old` point to `new` (which may be NULL) in its place. */
static void replace_child(struct rb_root *root, struct rb_node *parent, const struct rb_node *old,
			  struct rb_node *new)
{
	if (!parent)
		root->rb_node = new;
	else if (parent->rb_left == old)
		parent->rb_left = new;
	else
		parent->rb_right = new;
}

/* Lifts `child`, a child of `node`, above it. */
static void rotate_up(struct rb_root *root, struct rb_node *node, struct rb_node *child,
		      const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent = rb_parent(node);
	struct rb_node *moved;

	if (node->rb_left == child) {
		moved = child->rb_right;
		node->rb_left = moved;
		child->rb_right = node;
	} else {
		moved = child->rb_left;
		node->rb_right = moved;
		child->rb_left = node;
	}

	if (moved)
		set_parent(moved, node);
	set_parent(child, parent);
	replace_child(root, parent, node, child);
	set_parent(node, child);
	augment->rotate(node, child);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	while (is_red(parent = rb_parent(node))) {
		/* A red node is no root: there is a grandparent. */
		struct rb_node *grandparent = rb_parent(parent);
		bool parent_is_left = grandparent->rb_left == parent;
		struct rb_node *uncle =
			parent_is_left ? grandparent->rb_right : grandparent->rb_left;

		/* Case 1: a red uncle takes over the grandparent's black, and the question moves up. */
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grandparent);
			node = grandparent;
			continue;
		}

		/* Case 2: an inner grandchild is first turned into an outer one. */
		if (node == (parent_is_left ? parent->rb_right : parent->rb_left)) {
			rotate_up(root, parent, node, augment);
			parent = node;
		}

		/* Case 3: an outer grandchild: its parent becomes the top of the three. */
		set_black(parent);
		set_red(grandparent);
		rotate_up(root, grandparent, parent, augment);
		break;
	}

	set_black(root->rb_node);
}

/* One black is missing on every path through `node` (which may be NULL), a child of `parent`. */
static void restore_black(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
			  const struct rb_augment_callbacks *augment)
{
	while (parent && is_black(node)) {
		bool node_is_left = parent->rb_left == node;
		struct rb_node *sibling = node_is_left ? parent->rb_right : parent->rb_left;
		struct rb_node *near, *far;

		/* One side lacks a black node, so the other side has one: there is a sibling. */
		if (!sibling)
			__builtin_unreachable();

		/* Case 1: a red sibling is lifted, so that a black one takes its place. */
		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			rotate_up(root, parent, sibling, augment);
			sibling = node_is_left ? parent->rb_right : parent->rb_left;
		}

		near = node_is_left ? sibling->rb_left : sibling->rb_right;
		far = node_is_left ? sibling->rb_right : sibling->rb_left;

		/* Case 2: a sibling with two black children gives up its own black; the lack moves up. */
		if (is_black(near) && is_black(far)) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}

		/* Case 3: a red near child is lifted, so that the far one is red. */
		if (is_black(far)) {
			set_black(near);
			set_red(sibling);
			rotate_up(root, sibling, near, augment);
			far = sibling;
			sibling = near;
		}

		/* Case 4: the sibling is lifted with the parent's colour; its red child makes up for it. */
		if (is_red(parent))
			set_red(sibling);
		else
			set_black(sibling);
		set_black(parent);
		set_black(far);
		rotate_up(root, parent, sibling, augment);
		return;
	}

	if (node)
		set_black(node);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	/* The node whose place falls vacant, the child that moves up into it, and whose child that then is. */
	struct rb_node *vacant = node;
	struct rb_node *child, *parent;
	bool lost_black;

	if (node->rb_left && node->rb_right) {
		vacant = node->rb_right;
		while (vacant->rb_left)
			vacant = vacant->rb_left;
	}

	child = vacant->rb_left ? vacant->rb_left : vacant->rb_right;
	parent = rb_parent(vacant);
	lost_black = is_black(vacant);

	if (child)
		set_parent(child, parent);
	replace_child(root, parent, vacant, child);

	/* The in-order successor takes over the node's place, children, colour and summary. */
	if (vacant != node) {
		if (parent == node)
			parent = vacant;
		vacant->parent_and_color = node->parent_and_color;
		vacant->rb_left = node->rb_left;
		vacant->rb_right = node->rb_right;
		set_parent(vacant->rb_left, vacant);
		if (vacant->rb_right)
			set_parent(vacant->rb_right, vacant);
		replace_child(root, rb_parent(vacant), node, vacant);
		augment->copy(node, vacant);
		augment->propagate(parent, vacant);
		augment->propagate(vacant, NULL);
	} else {
		augment->propagate(parent, NULL);
	}

	if (lost_black)
		restore_black(root, child, parent, augment);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_right) {
		struct rb_node *lowest = node->rb_right;

		while (lowest->rb_left)
			lowest = lowest->rb_left;
		return lowest;
	}

	while ((parent = rb_parent(node)) && parent->rb_right == node)
		node = parent;
	return parent;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	/* Counts as two steps, since the nodes of a large tree lie farther apart in memory than those of a list. */
	kernel_current->steps++;
	if (kernel_work_is_spent())
		return NULL;

	if (node->rb_left) {
		struct rb_node *highest = node->rb_left;

		while (highest->rb_right)
			highest = highest->rb_right;
		return highest;
	}

	while ((parent = rb_parent(node)) && parent->rb_left == node)
		node = parent;
	return parent;
}

/* The node at which a postorder walk of this subtree begins. */
static struct rb_node *deepest_first(struct rb_node *node)
{
	for (;;) {
		if (node->rb_left)
			node = node->rb_left;
		else if (node->rb_right)
			node = node->rb_right;
		else
			return node;
	}
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? deepest_first(root->rb_node) : NULL;
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && parent->rb_left == node && parent->rb_right)
		return deepest_first(parent->rb_right);
	return parent;
}

static void propagate_nothing(struct rb_node *node, struct rb_node *stop)
{
	(void)node;
	(void)stop;
}

static void copy_nothing(struct rb_node *old, struct rb_node *new)
{
	(void)old;
	(void)new;
}

static const struct rb_augment_callbacks no_summaries = { propagate_nothing, copy_nothing,
							  copy_nothing };

void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *node, const struct rb_node *other))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_augmented(node, root, &no_summaries);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_erase_augmented(node, root, &no_summaries);
}
