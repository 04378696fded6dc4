/*
 * The shapes of red-black trees, worked out by hand after CLRS, sections 13.3 and 13.4. Many trees keep the rules; the
 * textbook's cases give one of them, and what gpu_buddy_reset_clear() misses depends on which.
 */
#include "tree.h"

#define MOST_NODES 16

static struct rb_root root;
static struct node nodes[MOST_NODES];
static unsigned int count;

static void insert(int key)
{
	nodes[count] = (struct node){ .key = key, .weight = (unsigned int)key * 7 % 11 };
	tree_insert(&root, &nodes[count]);
	CHECK_TREE(&root, ++count);
}

static void erase(int key)
{
	for (unsigned int i = 0; i < count; i++) {
		if (nodes[i].key != key ||
		    nodes[i].rb.parent_and_color == (unsigned long)&nodes[i].rb)
			continue;
		tree_erase(&root, &nodes[i]);
		return;
	}
	test_fail(TEST_HERE, "there is no node %d", key);
}

static void plant(int number, const int *keys)
{
	root = RB_ROOT;
	count = 0;
	for (int i = 0; i < number; i++)
		insert(keys[i]);
}

#define PLANT(...) plant(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int), (const int[]){ __VA_ARGS__ })

TEST("ascending insertions grow to the right and are turned back")
{
	PLANT(1);
	CHECK_SHAPE(&root, "1B");
	insert(2);
	CHECK_SHAPE(&root, "1B(-,2R)");
	insert(3);
	CHECK_SHAPE(&root, "2B(1R,3R)");
	insert(4);
	CHECK_SHAPE(&root, "2B(1B,3B(-,4R))");
	insert(5);
	CHECK_SHAPE(&root, "2B(1B,4B(3R,5R))");
	insert(6);
	CHECK_SHAPE(&root, "2B(1B,4R(3B,5B(-,6R)))");
	insert(7);
	CHECK_SHAPE(&root, "2B(1B,4R(3B,6B(5R,7R)))");
	insert(8);
	CHECK_SHAPE(&root, "4B(2R(1B,3B),6R(5B,7B(-,8R)))");
}

TEST("descending insertions are the mirror image of ascending ones")
{
	PLANT(8, 7, 6);
	CHECK_SHAPE(&root, "7B(6R,8R)");
	insert(5);
	CHECK_SHAPE(&root, "7B(6B(5R,-),8B)");
	insert(4);
	CHECK_SHAPE(&root, "7B(5B(4R,6R),8B)");
	insert(3);
	CHECK_SHAPE(&root, "7B(5R(4B(3R,-),6B),8B)");
	insert(2);
	CHECK_SHAPE(&root, "7B(5R(3B(2R,4R),6B),8B)");
	insert(1);
	CHECK_SHAPE(&root, "5B(3R(2B(1R,-),4B),7R(6B,8B))");
}

TEST("an inner grandchild becomes the top of the three")
{
	PLANT(3, 1, 2);
	CHECK_SHAPE(&root, "2B(1R,3R)");
	PLANT(1, 3, 2);
	CHECK_SHAPE(&root, "2B(1R,3R)");
}

TEST("the textbook's example of an insertion goes through all three cases")
{
	PLANT(11, 2, 14, 15, 1, 7, 5, 8);
	CHECK_SHAPE(&root, "11B(2R(1B,7B(5R,8R)),14B(-,15R))");
	insert(4);
	CHECK_SHAPE(&root, "7B(2R(1B,5B(4R,-)),11R(8B,14B(-,15R)))");
}

TEST("the textbook's exercise of insertions and erasures gives its trees")
{
	PLANT(41, 38, 31, 12, 19, 8);
	CHECK_SHAPE(&root, "38B(19R(12B(8R,-),31B),41B)");
	erase(8);
	CHECK_SHAPE(&root, "38B(19R(12B,31B),41B)");
	erase(12);
	CHECK_SHAPE(&root, "38B(19B(-,31R),41B)");
	erase(19);
	CHECK_SHAPE(&root, "38B(31B,41B)");
	erase(31);
	CHECK_SHAPE(&root, "38B(-,41R)");
	erase(38);
	CHECK_SHAPE(&root, "41B");
	erase(41);
	CHECK_SHAPE(&root, "-");
}

TEST("an equal key goes behind those that are there")
{
	PLANT(1, 1, 1);
	CHECK_SAME(node_of(root.rb_node), &nodes[1]);
	CHECK_SAME(node_of(root.rb_node->rb_left), &nodes[0]);
	CHECK_SAME(node_of(root.rb_node->rb_right), &nodes[2]);
}

TEST("a red leaf just goes")
{
	PLANT(1, 2, 3, 4);
	erase(4);
	CHECK_SHAPE(&root, "2B(1B,3B)");
}

TEST("the only node leaves an empty tree")
{
	PLANT(1);
	erase(1);
	CHECK(RB_EMPTY_ROOT(&root));
}

TEST("a root with one child is replaced by it")
{
	PLANT(1, 2);
	erase(1);
	CHECK_SHAPE(&root, "2B");
	PLANT(2, 1);
	erase(2);
	CHECK_SHAPE(&root, "1B");
}

TEST("a node with two children is replaced by its successor")
{
	PLANT(2, 1, 3);
	erase(2);
	CHECK_SHAPE(&root, "3B(1R,-)");
}

TEST("a successor right below brings its own child along")
{
	PLANT(1, 2, 3, 4);
	erase(2);
	CHECK_SHAPE(&root, "3B(1B,4B)");
}

TEST("a successor far below leaves its child behind")
{
	PLANT(10, 5, 20, 15, 25, 17);
	CHECK_SHAPE(&root, "10B(5B,20R(15B(-,17R),25B))");
	erase(10);
	CHECK_SHAPE(&root, "15B(5B,20R(17B,25B))");
}

TEST("a black successor from far below is made up for where it stood")
{
	PLANT(1, 2, 3, 4, 5, 6, 7, 8);
	erase(4);
	CHECK_SHAPE(&root, "5B(2R(1B,3B),7R(6B,8B))");
}

TEST("a red sibling is lifted first")
{
	PLANT(1, 2, 3, 4, 5, 6, 7);
	erase(1);
	CHECK_SHAPE(&root, "4B(2B(-,3R),6B(5R,7R))");
	PLANT(7, 6, 5, 4, 3, 2, 1);
	erase(7);
	CHECK_SHAPE(&root, "4B(2B(1R,3R),6B(5R,-))");
}

TEST("a sibling with black children turns red, and the lack ends at a red parent")
{
	PLANT(1, 2, 3, 4, 5, 6);
	erase(6);
	CHECK_SHAPE(&root, "2B(1B,4R(3B,5B))");
	erase(5);
	CHECK_SHAPE(&root, "2B(1B,4B(3R,-))");
}

TEST("a sibling with black children turns red, and the lack ends at the root")
{
	PLANT(1, 2, 3, 4);
	erase(4);
	erase(1);
	CHECK_SHAPE(&root, "2B(-,3R)");
	PLANT(1, 2, 3, 4);
	erase(4);
	erase(3);
	CHECK_SHAPE(&root, "2B(1R,-)");
}

TEST("a lack travels up to the root")
{
	PLANT(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	CHECK_SHAPE(&root, "4B(2B(1B,3B),6B(5B,8R(7B,9B(-,10R))))");
	erase(10);
	erase(9);
	erase(7);
	CHECK_SHAPE(&root, "4B(2B(1B,3B),6B(5B,8B))");
	erase(1);
	CHECK_SHAPE(&root, "4B(2B(-,3R),6R(5B,8B))");
}

TEST("two successors in a row leave what is below them in order")
{
	PLANT(1, 2, 3, 4, 5, 6, 7, 8);
	erase(8);
	CHECK_SHAPE(&root, "4B(2R(1B,3B),6R(5B,7B))");
	erase(4);
	CHECK_SHAPE(&root, "5B(2R(1B,3B),6B(-,7R))");
	erase(2);
	CHECK_SHAPE(&root, "5B(3B(1R,-),6B(-,7R))");
}

TEST("a sibling whose near child is red is turned first")
{
	PLANT(1, 2, 4, 3);
	CHECK_SHAPE(&root, "2B(1B,4B(3R,-))");
	erase(1);
	CHECK_SHAPE(&root, "3B(2B,4B)");
	PLANT(4, 3, 1, 2);
	CHECK_SHAPE(&root, "3B(1B(-,2R),4B)");
	erase(4);
	CHECK_SHAPE(&root, "2B(1B,3B)");
}

TEST("a sibling whose far child is red is lifted")
{
	PLANT(1, 2, 3, 4);
	erase(1);
	CHECK_SHAPE(&root, "3B(2B,4B)");
	PLANT(4, 3, 2, 1);
	erase(4);
	CHECK_SHAPE(&root, "2B(1B,3B)");
}

TEST("a sibling with two red children is lifted by its far one")
{
	PLANT(1, 2, 3, 4, 5);
	erase(1);
	CHECK_SHAPE(&root, "4B(2B(-,3R),5B)");
	PLANT(5, 4, 3, 2, 1);
	erase(5);
	CHECK_SHAPE(&root, "2B(1B,4B(3R,-))");
}

TEST("a lifted sibling takes over a red parent's colour")
{
	PLANT(1, 2, 3, 4, 5, 6);
	CHECK_SHAPE(&root, "2B(1B,4R(3B,5B(-,6R)))");
	erase(3);
	CHECK_SHAPE(&root, "2B(1B,5R(4B,6B))");
}
