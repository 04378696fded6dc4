/** Checks what every answer to a request must keep, whatever the policy. */
import { ChunkSet, rangeOf, type Block } from './chunk-set';
import type { Memory, OwnedBlock } from './memory';
import type { ChunkRequest } from './request';

/** Says which promise is broken by these blocks, which were taken out of this memory. */
export function brokenPromise(
  memory: Memory,
  request: ChunkRequest,
  blocks: readonly OwnedBlock[],
  mayMerge: boolean,
): string | undefined {
  for (const promise of [isFree, isAligned, isSize, isInRange, isInOnePiece, isMinAligned, isTagged]) {
    const broken = promise(request, blocks, memory);
    if (broken !== undefined) return broken;
  }
  return isAsClearAsItSays(memory, blocks, mayMerge);
}

type Check = (request: ChunkRequest, blocks: readonly OwnedBlock[], memory: Memory) => string | undefined;

function text({ first, count }: Block): string {
  return `the block of ${count} chunks at chunk ${first}`;
}

const isFree: Check = (_, blocks, memory) => {
  const left = memory.free.copy();
  for (const block of blocks) {
    if (!left.hasAll(rangeOf(block))) return `${text(block)} was not free`;
    left.remove(rangeOf(block));
  }
  return undefined;
};

const isAligned: Check = (_, blocks) => {
  const wrong = blocks.find(({ first, count }) => first % count !== 0);
  return wrong && `${text(wrong)} is not aligned to its own size`;
};

const isSize: Check = ({ size, rounded, trimDisable, isAlignedPiece }, blocks) => {
  const sum = sizeOf(blocks);
  const isRounded = trimDisable && !isAlignedPiece && sum === rounded;
  return sum === size || isRounded ? undefined : `the list has ${sum} chunks instead of ${size}`;
};

const isInRange: Check = ({ range, isExact }, blocks) => {
  if (!range) return undefined;
  const all = ChunkSet.of(range);
  const outside = blocks.find((block) => !all.hasAll(rangeOf(block)));
  if (outside) return `${text(outside)} is outside the range`;
  return isExact ? ascending(blocks) : undefined;
};

const isInOnePiece: Check = ({ isContiguous }, blocks) => (isContiguous ? ascending(blocks) : undefined);

/**
 * Blocks of at least `min` chunks, each aligned to that; then what is left of the size, in one piece, at an aligned
 * address. What is contiguous, or smaller than `min`, only begins at an aligned address; an exact range need not.
 */
const isMinAligned: Check = ({ min, isExact, isContiguous, isAlignedPiece, range }, blocks) => {
  if (isExact) return undefined;
  const onePiece = isContiguous || isAlignedPiece;
  const rest = onePiece ? blocks : blocks.slice(numberOfLarge(blocks, min));
  const [first] = rest;
  if (isAlignedPiece && !range && blocks.length !== 1)
    return `there are ${blocks.length} blocks instead of one`;
  if (first && first.first % min !== 0) return `${text(first)} is not aligned to ${min} chunks`;
  if (!onePiece && sizeOf(rest) >= min) return `there are blocks of less than ${min} chunks`;
  return ascending(rest);
};

/** Counts the blocks at the head of the list that are as large as they must be, and so aligned as well. */
function numberOfLarge(blocks: readonly OwnedBlock[], min: number): number {
  const small = blocks.findIndex(({ count }) => count < min);
  return small < 0 ? blocks.length : small;
}

const isTagged: Check = ({ tag }, blocks) => {
  const wrong = blocks.find((block) => block.tag !== tag);
  return wrong && `${text(wrong)} has tag ${wrong.tag} instead of ${tag}`;
};

/** Clear blocks were clear; dirty ones were dirty, unless clear memory was merged with dirty. */
function isAsClearAsItSays(
  memory: Memory,
  blocks: readonly OwnedBlock[],
  mayMerge: boolean,
): string | undefined {
  const { clear } = memory;
  const tooClear = blocks.find((block) => block.clear && !clear.hasAll(rangeOf(block)));
  if (tooClear) return `${text(tooClear)} is said to be clear and was not`;
  const tooDirty = blocks.find((block) => !block.clear && clear.hasAny(rangeOf(block)));
  return tooDirty && !mayMerge ? `${text(tooDirty)} is said to be dirty and was clear` : undefined;
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { count }) => sum + count, 0);
}

function ascending(blocks: readonly OwnedBlock[]): string | undefined {
  const gap = blocks.find((block, index) => {
    const before = blocks[index - 1];
    return before && before.first + before.count !== block.first;
  });
  return gap && `${text(gap)} does not follow the one before it`;
}

/**
 * Clear memory that a call has made dirty: only whole clear blocks below a size may go, and only where the other half
 * of the block that they make up with it was free too.
 */
export function wronglyLost(memory: Memory, lost: ChunkSet, mergesBelow: number): string | undefined {
  for (const { first, count } of memory.clear.blocks()) {
    const block = { first, end: first + count };
    if (!lost.hasAny(block)) continue;
    const buddy = first % (2 * count) === 0 ? first + count : first - count;
    if (
      count >= mergesBelow ||
      !lost.hasAll(block) ||
      !memory.free.hasAll({ first: buddy, end: buddy + count })
    )
      return `${text({ first, count })} was clear and is dirty, for no reason`;
  }
  return undefined;
}
