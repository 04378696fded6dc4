// Mutants of the stand-ins for the kernel's own functions, native/kernel.

/** @import { Mutant } from './mutant.mjs' */

const list = 'native/kernel/include/linux/list.h';
const bitops = 'native/kernel/include/linux/bitops.h';
const math = 'native/kernel/include/linux/math.h';
const context = 'native/kernel/include/userspace/context.h';
const augmented = 'native/kernel/include/linux/rbtree_augmented.h';
const rbtree = 'native/kernel/rbtree.c';
const slab = 'native/kernel/slab.c';

/** @type {Mutant[]} */
export const mutantsInKernel = [
  // Lists.
  {
    name: 'list_add_tail adds at the head',
    file: list,
    within: 'list_add_tail',
    find: 'list_insert(link, head->prev, head)',
    replace: 'list_insert(link, head, head->next)',
  },
  {
    name: 'list_add adds at the tail',
    file: list,
    within: 'list_add',
    find: 'list_insert(link, head, head->next)',
    replace: 'list_insert(link, head->prev, head)',
  },
  {
    name: 'a list of two is singular',
    file: list,
    within: 'list_is_singular',
    find: 'head->next == head->prev',
    replace: 'head->next->next->next == head || head->next == head->prev',
  },
  {
    name: 'list_splice_tail splices at the head',
    file: list,
    within: 'list_splice_tail',
    find: /list_join\(head->prev, list->next\);\n\tlist_join\(list->prev, head\);/,
    replace: 'list_join(list->prev, head->next);\n\tlist_join(head, list->next);',
  },

  // Red-black trees.
  {
    name: 'insertion takes inner for outer grandchildren',
    file: rbtree,
    within: 'rb_insert_augmented',
    find: 'parent_is_left ? parent->rb_right : parent->rb_left',
    replace: 'parent_is_left ? parent->rb_left : parent->rb_right',
  },
  {
    name: 'a red uncle stays red',
    file: rbtree,
    within: 'rb_insert_augmented',
    find: 'set_black(uncle)',
    replace: '(void)uncle',
  },
  {
    name: 'erasure replaces by the predecessor',
    file: rbtree,
    within: 'rb_erase_augmented',
    find: /vacant = node->rb_right;\n\t\twhile \(vacant->rb_left\)\n\t\t\tvacant = vacant->rb_left;/,
    replace: 'vacant = node->rb_left;\n\t\twhile (vacant->rb_right)\n\t\t\tvacant = vacant->rb_right;',
  },
  {
    name: 'erasure balances where no black is lost',
    file: rbtree,
    within: 'rb_erase_augmented',
    find: 'lost_black = is_black(vacant)',
    replace: 'lost_black = is_red(vacant)',
  },
  {
    name: 'erasure never balances',
    file: rbtree,
    within: 'rb_erase_augmented',
    find: 'if (lost_black)',
    replace: 'if (false && lost_black)',
  },
  {
    name: 'erasure does not sum up anew above the vacant place',
    file: rbtree,
    within: 'rb_erase_augmented',
    find: 'augment->propagate(parent, NULL)',
    replace: '(void)parent',
  },
  {
    name: 'erasure does not sum up anew at the successor',
    file: rbtree,
    within: 'rb_erase_augmented',
    find: 'augment->propagate(vacant, NULL)',
    replace: '(void)vacant',
  },
  {
    name: 'the sibling of a missing black takes no colour over',
    file: rbtree,
    within: 'restore_black',
    find: 'if (is_red(parent))',
    replace: 'if (is_black(parent))',
  },
  {
    name: 'a rotation forgets its summaries',
    file: rbtree,
    within: 'rotate_up',
    find: 'augment->rotate(node, child)',
    replace: '(void)augment',
  },
  {
    name: 'rb_last stops one node early',
    file: rbtree,
    within: 'rb_last',
    find: 'node && node->rb_right',
    replace: 'node && node->rb_right && node->rb_right->rb_right',
  },
  {
    name: 'rb_prev climbs the other side',
    file: rbtree,
    within: 'rb_prev',
    find: 'parent->rb_left == node',
    replace: 'parent->rb_right == node',
  },
  {
    name: 'a postorder walk goes into no right subtree',
    file: rbtree,
    within: 'rb_next_postorder',
    find: 'return deepest_first(parent->rb_right)',
    replace: 'return parent->rb_right',
  },
  {
    name: 'a summary goes up where it did not change',
    file: augmented,
    find: 'entry->summary == highest',
    replace: 'entry->summary != highest',
  },
  {
    name: 'a summary is that of the left subtree',
    file: augmented,
    find: 'if (right && ',
    replace: 'if (false && ',
  },

  // Numbers.
  {
    name: 'fls takes 32 bits, as in the kernel (H1)',
    file: bitops,
    within: 'fls64',
    find: 'word ? 64 - __builtin_clzll(word) : 0',
    replace: '(u32)word ? 32 - __builtin_clz((u32)word) : 0',
  },
  {
    name: 'hweight64 counts 32 bits',
    file: bitops,
    within: 'hweight64',
    find: '__builtin_popcountll(word)',
    replace: '__builtin_popcount((u32)word)',
  },
  {
    name: 'a power of two is rounded up to the next',
    file: bitops,
    within: 'roundup_pow_of_two',
    find: 'fls(number - 1)',
    replace: 'fls(number)',
  },
  {
    name: '0 is a power of two',
    file: bitops,
    within: 'is_power_of_2',
    find: 'number && ',
    replace: '',
  },
  {
    name: 'round_up always adds',
    file: math,
    find: '((number) + up_mask) & ~up_mask;',
    replace: '((number) + up_mask + 1) & ~up_mask;',
  },
  {
    name: 'a range that ends at the limit overflows',
    file: math,
    find: '(size) > range_limit - range_start',
    replace: '(size) >= range_limit - range_start',
  },

  // Memory and work.
  {
    name: 'kmem_cache_zalloc does not zero',
    file: slab,
    within: 'kmem_cache_zalloc',
    find: 'return memset(object, 0, cache->object_size)',
    replace: 'return object',
  },
  {
    name: 'freed objects are lost',
    file: slab,
    within: 'put_object',
    find: 'arena->free = object',
    replace: '(void)arena',
  },
  {
    name: 'the last object of a slab reaches beyond it',
    file: slab,
    within: 'find_fresh_page',
    find: '== arena->objects_per_page',
    replace: '> arena->objects_per_page',
  },
  {
    name: 'the memory limit lets the smallest slab through',
    file: slab,
    within: 'may_take',
    find: 'size <= arena->limit - arena->bytes',
    replace: 'size <= arena->limit - arena->bytes || size <= SMALLEST_SLAB',
  },
  {
    name: 'work may be spent between a split and its halves (H19)',
    file: context,
    within: 'kernel_work_is_spent',
    find: '<= 128',
    replace: '<= 0',
  },
];
