// Mutants of the kernel's buddy.c.

import { readFileSync } from 'node:fs';

/** @import { Mutant } from './mutant.mjs' */

const sources = new URL('../../native/sources.json', import.meta.url);
const [file] = JSON.parse(readFileSync(sources, 'utf8')).linux;

/** @type {Omit<Mutant, 'file'>[]} */
const mutants = [
  // The free trees.
  {
    name: 'address 0 is aligned to nothing',
    within: 'gpu_buddy_block_offset_alignment',
    find: 'return 64 + 1;',
    replace: 'return 0;',
  },
  {
    name: 'a subtree keeps its lowest alignment on insertion',
    within: 'rbtree_insert',
    find: 'subtree_max_alignment < block_alignment',
    replace: 'subtree_max_alignment > block_alignment',
  },
  {
    name: 'the free trees descend',
    within: 'rbtree_insert',
    find: 'gpu_buddy_block_offset(block) <',
    replace: 'gpu_buddy_block_offset(block) >',
  },
  {
    name: 'the clear and the dirty tree are swapped',
    within: 'get_block_tree',
    find: 'gpu_buddy_block_is_clear(block)',
    replace: '!gpu_buddy_block_is_clear(block)',
  },

  // States and the numbers of blocks.
  {
    name: 'allocation counts a free block more',
    within: 'mark_allocated',
    find: 'free_scoreboard[gpu_buddy_block_order(block)]--',
    replace: 'free_scoreboard[gpu_buddy_block_order(block)]++',
  },
  {
    name: 'freeing leaves the number of used blocks',
    within: 'mark_free',
    find: 'used_scoreboard[gpu_buddy_block_order(block)]--',
    replace: 'used_scoreboard[gpu_buddy_block_order(block)] += 0',
  },
  {
    name: 'a split block still counts as free',
    within: 'mark_split',
    find: 'free_scoreboard[gpu_buddy_block_order(block)]--',
    replace: 'free_scoreboard[gpu_buddy_block_order(block)] -= 0',
  },
  {
    name: 'ranges that share one byte do not overlap',
    within: 'overlaps',
    find: 's1 <= e2',
    replace: 's1 < e2',
  },
  { name: 'a range does not contain itself', within: 'contains', find: 'e1 >= e2', replace: 'e1 > e2' },

  // Freeing and merging.
  {
    name: 'a left half is its own buddy',
    within: '__get_buddy',
    find: 'return parent->right',
    replace: 'return parent->left',
  },
  {
    name: 'unlike buddies merge and like ones do not',
    within: '__gpu_buddy_free',
    find: 'gpu_buddy_block_is_clear(block) !=',
    replace: 'gpu_buddy_block_is_clear(block) ==',
  },
  {
    name: 'what merges is dirty',
    within: '__gpu_buddy_free',
    find: 'mark_cleared(parent)',
    replace: '(void)parent',
  },
  {
    name: 'a clear buddy merged by force is counted as clear for ever',
    within: '__gpu_buddy_free',
    find: 'mm->clear_avail -=',
    replace: 'mm->clear_avail -= 0 &',
  },
  {
    name: 'merging by force leaves out the largest blocks',
    within: '__force_merge',
    find: 'min_order - 1',
    replace: 'min_order - 2',
  },
  {
    name: 'merging by force goes on when there is enough',
    within: '__force_merge',
    find: 'order >= min_order',
    replace: 'order > min_order',
  },
  {
    name: 'merging by force begins outside the range',
    within: '__force_merge',
    find: 'contains(start, end, block_start, block_end)',
    replace: 'overlaps(start, end, block_start, block_end)',
  },
  {
    name: 'a clear block merged by force is counted as clear for ever',
    within: '__force_merge',
    find: 'mm->clear_avail -=',
    replace: 'mm->clear_avail -= 0 &',
  },
  {
    name: 'merging by force does not step over the buddy',
    within: '__force_merge',
    find: 'iter == &buddy->rb',
    replace: 'false',
    survives:
      'equivalent: two free buddies are never of one kind (the kernel asserts it two lines above), so the buddy is in ' +
      'the other tree and never the next node of this one',
  },

  // Life.
  {
    name: 'the size is rounded up to chunks',
    within: 'gpu_buddy_init',
    find: 'round_down(size, chunk_size)',
    replace: 'round_up(size, chunk_size)',
  },
  {
    name: 'the roots lie one chunk apart',
    within: 'gpu_buddy_init',
    find: 'offset += root_size',
    replace: 'offset += chunk_size',
  },
  {
    name: 'a chunk is missing from the start',
    within: 'gpu_buddy_init',
    find: 'mm->avail = size',
    replace: 'mm->avail = size - chunk_size',
  },
  {
    name: 'nothing is merged at the end',
    within: 'gpu_buddy_fini',
    find: '__force_merge(mm, start, start + size, order)',
    replace: '(void)start',
  },
  {
    name: 'the right half of a clear block is dirty',
    within: 'split_block',
    find: 'mark_cleared(block->right)',
    replace: '(void)block',
  },
  {
    name: 'a split block stays clear',
    within: 'split_block',
    find: 'clear_reset(block)',
    replace: '(void)block',
  },
  {
    name: 'both halves of a block have its address',
    within: 'split_block',
    find: 'offset + (mm->chunk_size << block_order)',
    replace: 'offset',
  },
  {
    name: 'a split that runs out of memory keeps its left half',
    within: 'split_block',
    find: 'gpu_block_free(mm, block->left)',
    replace: '(void)block',
  },
  {
    name: 'reset_clear starts from the wrong tree',
    within: 'gpu_buddy_reset_clear',
    find: 'src_tree = is_clear',
    replace: 'src_tree = !is_clear',
  },
  {
    name: 'reset_clear leaves out the largest order',
    within: 'gpu_buddy_reset_clear',
    find: 'i <= mm->max_order',
    replace: 'i < mm->max_order',
  },
  {
    name: 'reset_clear merges nothing first',
    within: 'gpu_buddy_reset_clear',
    find: '__force_merge(mm, start, start + size, order)',
    replace: '(void)start',
  },
  {
    name: 'free_block gives back one chunk',
    within: 'gpu_buddy_free_block',
    find: 'mm->avail += gpu_buddy_block_size(mm, block)',
    replace: 'mm->avail += mm->chunk_size',
  },
  {
    name: 'free_block forgets that a block is clear',
    within: 'gpu_buddy_free_block',
    find: 'mm->clear_avail +=',
    replace: 'mm->clear_avail += 0 &',
  },

  // Lookup, and lists.
  {
    name: 'lookup comes to right halves late',
    within: 'gpu_buddy_allocated_addr_to_block',
    find: 'list_add(&block->right',
    replace: 'list_add_tail(&block->right',
  },
  {
    name: 'lookup goes on behind a free block',
    within: 'gpu_buddy_allocated_addr_to_block',
    find: 'return NULL',
    replace: 'continue',
  },
  {
    name: 'free_list leaves clear blocks clear',
    within: '__gpu_buddy_free_list',
    find: 'else if (mark_dirty)',
    replace: 'else if (false)',
  },
  {
    name: 'free_list ignores GPU_BUDDY_CLEARED',
    within: 'gpu_buddy_free_list',
    find: 'flags & GPU_BUDDY_CLEARED',
    replace: 'flags & 0',
  },
  {
    name: 'splits are not undone',
    within: '__gpu_buddy_undo_splits',
    find: 'if (buddy &&',
    replace: 'if (false &&',
  },

  // Range.
  {
    name: 'a range prefers the other kind',
    within: 'block_incompatible',
    find: '!=',
    replace: '==',
  },
  {
    name: 'a range needs a larger block than it takes',
    within: '__alloc_range_bias',
    find: 'gpu_buddy_block_order(block) < order',
    replace: 'gpu_buddy_block_order(block) <= order',
  },
  {
    name: 'a range has no room at its end',
    within: '__alloc_range_bias',
    find: 'adjusted_end + 1',
    replace: 'adjusted_end',
  },
  {
    name: 'a range ends one chunk later',
    within: '__alloc_range_bias',
    find: 'end = end - 1',
    replace: 'end = end + mm->chunk_size - 1',
  },
  {
    name: 'a range goes down',
    within: '__alloc_range_bias',
    find: 'list_add(&block->left',
    replace: 'list_add_tail(&block->left',
  },
  {
    name: 'a range never takes the other kind',
    within: '__gpu_buddy_alloc_range_bias',
    find: '!fallback',
    replace: 'fallback',
  },

  // Simple and top-down.
  {
    name: 'top-down needs a larger block than it takes',
    within: 'get_maxblock',
    find: 'i = order',
    replace: 'i = order + 1',
  },
  {
    name: 'top-down takes the lowest of the orders',
    within: 'get_maxblock',
    find: 'gpu_buddy_block_offset(block) >',
    replace: 'gpu_buddy_block_offset(block) <',
  },
  {
    name: 'the other kind is preferred',
    within: 'alloc_from_freetree',
    find: '(flags & GPU_BUDDY_CLEAR_ALLOCATION)',
    replace: '!(flags & GPU_BUDDY_CLEAR_ALLOCATION)',
  },
  {
    name: 'the left half of a split block is used',
    within: 'alloc_from_freetree',
    find: 'block = block->right',
    replace: 'block = block->left',
  },
  {
    name: 'the largest order is never split',
    within: 'alloc_from_freetree',
    find: /tmp <= mm->max_order(?=[^]*?tmp <= mm->max_order)/,
    replace: 'tmp < mm->max_order',
  },

  // Alignment of the address.
  {
    name: 'any size may be offset-aligned',
    within: 'gpu_buddy_can_offset_align',
    find: ' && is_power_of_2(size)',
    replace: '',
  },
  {
    name: 'a subtree must be aligned to more',
    within: 'gpu_buddy_subtree_can_satisfy',
    find: '>= alignment',
    replace: '> alignment',
  },
  {
    name: 'a block must be aligned to more',
    within: 'gpu_buddy_find_block_aligned',
    find: 'gpu_buddy_block_offset_alignment(block) >= alignment',
    replace: 'gpu_buddy_block_offset_alignment(block) > alignment',
  },
  {
    name: 'the half that is not aligned is used',
    within: 'gpu_buddy_offset_aligned_allocation',
    find: 'gpu_buddy_block_offset_alignment(right) >= alignment',
    replace: 'gpu_buddy_block_offset_alignment(right) < alignment',
  },

  // Exact ranges and the hard way.
  {
    name: 'an exact range takes one chunk more',
    within: '__alloc_range',
    find: 'end = start + size - 1',
    replace: 'end = start + size + mm->chunk_size - 1',
  },
  {
    name: 'an exact range may end a chunk early',
    within: '__alloc_range',
    find: 'total_allocated < size',
    replace: 'total_allocated + mm->chunk_size < size',
  },
  {
    name: 'an exact range gives up where there is clear memory',
    within: '__alloc_range',
    find: '!mm->clear_avail',
    replace: 'mm->clear_avail',
  },
  {
    name: 'an exact range does not ascend',
    within: '__alloc_range',
    find: 'list_add(&block->right',
    replace: 'list_add_tail(&block->right',
  },
  {
    name: 'the hard way needs a larger block',
    within: '__alloc_contig_try_harder',
    find: 'rounddown_pow_of_two(size)',
    replace: 'roundup_pow_of_two(size)',
  },
  {
    name: 'the hard way never begins at address 0 on the left',
    within: '__alloc_contig_try_harder',
    find: 'size - filled > rhs_offset',
    replace: 'size - filled >= rhs_offset',
    survives:
      'equivalent: the block at rhs_offset is free and taken first, and size is below twice its size, so what is missing ' +
      'is smaller than it; rhs_offset is a multiple of its size, so the two are equal nowhere but at 0, where nothing is ' +
      'missing and this line is not reached',
  },
  {
    name: 'the hard way goes too far to the left',
    within: '__alloc_contig_try_harder',
    find: 'rhs_offset - (size - filled)',
    replace: 'rhs_offset - min(size, rhs_offset)',
  },
  {
    name: 'the hard way forgets the alignment',
    within: '__alloc_contig_try_harder',
    find: '!err && IS_ALIGNED(rhs_offset, min_block_size)',
    replace: '!err',
  },
  {
    name: 'the hard way begins in front of the aligned address',
    within: '__alloc_contig_aligned_retry',
    find: 'round_down(unaligned_offset, min_block_size)',
    replace: 'unaligned_offset',
  },

  // Trimming.
  {
    name: 'trim takes what lies outside the block',
    within: 'gpu_buddy_block_trim',
    find: 'range_overflows(new_start, new_size, block_end)',
    replace: 'range_overflows(new_start, new_size, mm->size)',
  },
  {
    name: 'trim ignores where to start',
    within: 'gpu_buddy_block_trim',
    find: 'new_start = *start',
    replace: 'new_start = block_start',
  },
  {
    name: 'trim lets the block merge with its buddy',
    within: 'gpu_buddy_block_trim',
    find: 'block->parent = NULL',
    replace: '(void)parent',
  },

  // The call itself.
  {
    name: 'a range may not end with the space',
    within: 'gpu_buddy_alloc_blocks',
    find: 'end > mm->size',
    replace: 'end >= mm->size',
  },
  {
    name: 'a size may reach beyond the space',
    within: 'gpu_buddy_alloc_blocks',
    find: 'range_overflows(start, size, mm->size)',
    replace: 'false',
  },
  {
    name: 'contiguous rounds down',
    within: 'gpu_buddy_alloc_blocks',
    find: 'size = roundup_pow_of_two(size)',
    replace: 'size = rounddown_pow_of_two(size)',
  },
  {
    name: 'the search gives up an order too early',
    within: 'gpu_buddy_alloc_blocks',
    find: 'order == min_order',
    replace: 'order <= min_order + 1',
  },
  {
    name: 'each block counts as one chunk',
    within: 'gpu_buddy_alloc_blocks',
    find: 'pages -= BIT(order)',
    replace: 'pages -= 1',
  },
  {
    name: 'trim-disable trims, and nothing else does',
    within: 'gpu_buddy_alloc_blocks',
    find: '!(flags & GPU_BUDDY_TRIM_DISABLE)',
    replace: '(flags & GPU_BUDDY_TRIM_DISABLE)',
  },
  {
    name: 'the first of several blocks is trimmed',
    within: 'gpu_buddy_alloc_blocks',
    find: 'list_last_entry(&allocated',
    replace: 'list_first_entry(&allocated',
  },
  {
    name: 'an allocation takes one chunk from what is free',
    within: 'gpu_buddy_alloc_blocks',
    find: 'mm->avail -= gpu_buddy_block_size(mm, block)',
    replace: 'mm->avail -= mm->chunk_size',
  },
  {
    name: 'a failed allocation keeps what it has',
    within: 'gpu_buddy_alloc_blocks',
    find: 'gpu_buddy_free_list_internal(mm, &allocated)',
    replace: '(void)min_order',
  },
];

/** @type {Mutant[]} */
export const mutantsInBuddy = mutants.map((mutant) => ({ file, ...mutant }));
