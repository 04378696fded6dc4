// Mutants of the walk in native/buddy/range.c, and of what alloc.c refuses at once.

/** @import { Mutant } from './mutant.mjs' */

const file = 'native/buddy/range.c';

/** @type {Omit<Mutant, 'file'>[]} */
const ofWalk = [
  {
    name: 'a piece begins where its block does, aligned or not',
    within: 'piece_of',
    find: 'round_up(max(offset, search->start), size)',
    replace: 'max(offset, search->start)',
  },
  {
    name: 'a piece may begin before the range',
    within: 'piece_of',
    find: 'max(offset, search->start)',
    replace: 'offset',
  },
  {
    name: 'a piece may end behind the range',
    within: 'piece_of',
    find: 'min(end, search->end)',
    replace: 'end',
  },
  {
    name: 'a piece may end behind its block',
    within: 'piece_of',
    find: 'min(end, search->end)',
    replace: 'search->end',
  },
  {
    name: 'the block across the start is looked for on the wrong side',
    within: 'buddy_leaf_at',
    find: '? block->left : block->right',
    replace: '? block->right : block->left',
  },
  {
    name: 'a block in use may reach into the range',
    within: 'block_across_start',
    find: '!gpu_buddy_block_is_free(block) ||',
    replace: '',
  },
  {
    name: 'a block that begins with the range is behind it',
    within: 'first_in_tree',
    find: 'gpu_buddy_block_offset(block) < search->start',
    replace: 'gpu_buddy_block_offset(block) <= search->start',
  },
  {
    name: 'the last block of a tree is taken for the first',
    within: 'first_in_tree',
    find: 'is_before ? node->rb_right : node->rb_left',
    replace: 'node->rb_right',
  },
  {
    name: 'the block across the start may be in any state',
    within: 'find_in_state',
    find: 'gpu_buddy_block_is_clear(across) == (state == GPU_BUDDY_CLEAR_TREE) &&',
    replace: '',
  },
  {
    name: 'the block across the start is forgotten',
    within: 'find_in_state',
    find: 'if (across &&',
    replace: 'if (0 && across &&',
  },
  {
    name: 'larger blocks are not looked at',
    within: 'find_in_state',
    find: 'order <= search->mm->max_order',
    replace: 'order <= search->order',
  },
  {
    name: 'the highest of the first blocks is taken',
    within: 'find_in_state',
    find: 'gpu_buddy_block_offset(block) < gpu_buddy_block_offset(first)',
    replace: 'gpu_buddy_block_offset(block) > gpu_buddy_block_offset(first)',
  },
  {
    name: 'a dirty root is as good as a clear one',
    within: 'find_clear_root',
    find: 'gpu_buddy_block_is_clear(mm->roots[i]) &&',
    replace: '',
  },
  {
    name: 'the higher one of clear and dirty is taken',
    within: 'find_in_any_state',
    find: 'clear < *piece',
    replace: 'clear > *piece',
  },
  {
    name: 'clear memory is looked for wherever it is',
    within: 'find',
    find: 'find_clear_root(search, piece) ||',
    replace: 'find_in_state(search, GPU_BUDDY_CLEAR_TREE, piece) ||',
  },
  {
    name: 'dirty memory is looked for in any state',
    within: 'find',
    find: 'return find_in_state(search, GPU_BUDDY_DIRTY_TREE, piece) ||',
    replace: 'return find_in_any_state(search, piece) ||',
  },
  {
    name: 'too little is cut off the end',
    within: 'trim_last',
    find: 'gpu_buddy_block_size(mm, last) - excess',
    replace: 'gpu_buddy_block_size(mm, last)',
  },
  {
    name: 'chunks are merged too',
    within: 'may_merge',
    find: 'mm->clear_avail && min_order',
    replace: 'mm->clear_avail',
    survives: 'the kernel merges nothing where chunks will do, and says that there is no space',
  },
  {
    name: 'nothing is merged',
    within: 'may_merge',
    find: 'mm->clear_avail && min_order',
    replace: '0',
  },
  {
    name: 'a range that is as long as the size is no matter',
    within: 'buddy_alloc_in_range',
    find: 'may_merge(mm, min_order) && length <= rounded',
    replace: '0',
  },
  {
    name: 'the order of blocks does not fall with what is left',
    within: 'buddy_alloc_in_range',
    find: 'min(search.order, (unsigned int)ilog2(pages))',
    replace: 'search.order',
  },
  {
    name: 'smaller blocks than the smallest are taken',
    within: 'buddy_alloc_in_range',
    find: 'search.order > min_order',
    replace: 'search.order > 0',
  },
  {
    name: 'what was taken before a failure is kept',
    within: 'buddy_alloc_in_range',
    find: 'buddy_give_back(allocator, blocks);',
    replace: ';',
  },
  {
    name: 'the end is cut off although that is disabled',
    within: 'buddy_alloc_in_range',
    find: '!(request->flags & GPU_BUDDY_TRIM_DISABLE)',
    replace: '1',
  },
];

/** @type {Omit<Mutant, 'file'>[]} */
const ofRefusals = [
  {
    name: 'all of the free memory is refused',
    within: 'is_hopeless',
    find: 'prepared->needed > mm->avail',
    replace: 'prepared->needed >= mm->avail',
  },
  {
    name: 'more than the free memory is left to the kernel',
    within: 'is_hopeless',
    find: 'prepared->needed > mm->avail',
    replace: '0',
  },
  {
    name: 'what merging could help with is refused',
    within: 'is_hopeless',
    find: '(mm->clear_avail && mm->clear_avail != mm->avail)',
    replace: '0',
  },
  {
    name: 'one piece needs a block of twice the size',
    within: 'is_hopeless',
    find: 'asked->size, mm->chunk_size',
    replace: '2 * asked->size, mm->chunk_size',
  },
  {
    name: 'small blocks count although larger ones are needed',
    within: 'is_hopeless',
    find: 'asked->min_block_size, prepared->needed',
    replace: 'mm->chunk_size, prepared->needed',
    survives: 'then the kernel finds out that there is no space',
  },
];

/** @type {Mutant[]} */
export const mutantsInRange = [
  ...ofWalk.map((mutant) => ({ file, ...mutant })),
  ...ofRefusals.map((mutant) => ({ file: 'native/buddy/alloc.c', ...mutant })),
];
