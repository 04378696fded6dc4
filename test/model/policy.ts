/**
 * Models where an allocation goes: docs/guide/modes.md, point by point, as a search through the plain list of free blocks. It leaves
 * the choices that the page leaves (merging clear with dirty memory, the second search for contiguous memory).
 */
import {
  blocksOf,
  intersection,
  powerOfTwoUpTo,
  rangeOf,
  roundDown,
  roundUp,
  type Block,
  type ChunkRange,
} from './chunk-set';
import type { FreeBlock, Memory } from './memory';
import type { ChunkRequest } from './request';

/** Describes the permitted answers to a request. */
export interface Expectation {
  /** The lists that may be the answer; none where only the promises are known. */
  readonly lists: readonly (readonly FreeBlock[])[];
  readonly maySucceed: boolean;
  readonly mayFail: boolean;
  /** Clear blocks of fewer chunks than this may be merged with dirty ones on the way, which makes them dirty; 0: none. */
  readonly mergesBelow: number;
}

function exactly(...lists: readonly (readonly FreeBlock[])[]): Expectation {
  return { lists, maySucceed: true, mayFail: false, mergesBelow: 0 };
}

const NO_SPACE: Expectation = { lists: [], maySucceed: false, mayFail: true, mergesBelow: 0 };

function open(maySucceed: boolean, mayFail: boolean, mergesBelow: number): Expectation {
  return { lists: [], maySucceed, mayFail, mergesBelow };
}

export class Policy {
  readonly #memory: Memory;
  readonly #request: ChunkRequest;

  constructor(memory: Memory, request: ChunkRequest) {
    this.#memory = memory;
    this.#request = request;
  }

  expectation(): Expectation {
    const { range, size, isExact, isAlignedPiece } = this.#request;
    if (range && isExact) return this.#at(range.first, size);
    if (isAlignedPiece) return range ? this.#alignedPieceIn(range) : this.#alignedPiece();
    return this.#search();
  }

  /** Point 4: what lies there, if all of it is free. */
  #at(first: number, count: number): Expectation {
    const place = { first, end: first + count };
    if (!this.#memory.free.hasAll(place)) return NO_SPACE;
    return exactly(this.#memory.freeBlocks().flatMap((block) => partsOf(block, place)));
  }

  /** Points 1 to 3: the largest block that is still needed, or else smaller ones. */
  #search(): Expectation {
    const { rounded, smallest } = this.#request;
    const found = this.#blocksFor(rounded, smallest);
    return found ? exactly(this.#trim(found)) : this.#withoutBlocks();
  }

  #blocksFor(count: number, smallest: number): FreeBlock[] | undefined {
    const free = [...this.#memory.freeBlocks()];
    const found: FreeBlock[] = [];
    let wanted = powerOfTwoUpTo(count);
    for (let left = count; left > 0;) {
      wanted = Math.min(wanted, powerOfTwoUpTo(left));
      const block = this.#find(free, wanted);
      if (block) {
        found.push(takeFrom(free, block));
        left -= wanted;
      } else if (wanted === smallest) {
        return undefined;
      } else {
        wanted /= 2;
      }
    }
    return found;
  }

  #find(free: readonly FreeBlock[], count: number): FreeBlock | undefined {
    const { clear, topDown, range } = this.#request;
    const enough = free.filter((block) => block.count >= count);
    if (range) return this.#findIn(range, enough, count);
    const preferred = enough.filter((block) => block.clear === clear);
    const other = enough.filter((block) => block.clear !== clear);
    const block = (topDown ? highest(preferred) : highestOfSmallest(preferred)) ?? highestOfSmallest(other);
    return block && { ...block, first: block.first + block.count - count, count };
  }

  /** Point 3. Whoever wishes for clear memory is only heard where a whole root is. */
  #findIn(range: ChunkRange, enough: readonly FreeBlock[], count: number): FreeBlock | undefined {
    const roots = blocksOf({ first: 0, end: this.#memory.chunks });
    const isRoot = ({ first }: Block, size: number) =>
      roots.some((root) => root.first === first && root.count === size);
    const preferred = enough.filter((block) =>
      this.#request.clear ? block.clear && isRoot(block, block.count) : !block.clear,
    );
    return lowestIn(range, preferred, count) ?? lowestIn(range, enough, count);
  }

  /** Gives back the surplus, from the last block. */
  #trim(blocks: readonly FreeBlock[]): FreeBlock[] {
    const { size, rounded, trimDisable } = this.#request;
    const last = blocks.at(-1);
    if (trimDisable || !last) return [...blocks];
    const kept = { first: last.first, end: last.first + last.count - (rounded - size) };
    return [...blocks.slice(0, -1), ...partsOf(last, kept)];
  }

  /** Finds nothing as it is: clear and dirty memory may be merged, and contiguous memory be looked for elsewhere. */
  #withoutBlocks(): Expectation {
    const { range, isContiguous, rounded, needed, smallest } = this.#request;
    // More than is free is refused at once.
    if (needed > this.#memory.free.size) return NO_SPACE;
    const mergesBelow = rounded <= this.#memory.chunks ? this.#mergesBelow(smallest) : 0;
    const merged = this.#capacityWhenMerged(smallest) >= rounded;
    if (isContiguous && !range) return open(true, !merged && !this.#hasRoomNextToHalf(), mergesBelow);
    // Beside a range's ends a merger may be one that the range cannot use, and is the only one that is tried.
    return open(merged, !merged || range !== undefined, mergesBelow);
  }

  /** For single chunks nothing is merged. Nor are blocks that would do, unless they lie at the wrong address. */
  #mergesBelow(smallest: number): number {
    const { range, isAlignedPiece } = this.#request;
    if (smallest === 1 || this.#memory.clear.size === 0) return 0;
    return range || isAlignedPiece ? Infinity : smallest;
  }

  /** Chunks in aligned blocks of at least `smallest`, clear or dirty or both. */
  #capacityWhenMerged(smallest: number): number {
    const everywhere = { first: 0, end: this.#memory.chunks };
    return this.#memory.free
      .blocks()
      .map((block) => intersection(rangeOf(block), this.#request.range ?? everywhere))
      .map(({ first, end }) => roundDown(end, smallest) - roundUp(first, smallest))
      .reduce((sum, count) => sum + Math.max(0, count), 0);
  }

  /** Point 5: a free block of half the rounded size, with enough room behind it. */
  #hasRoomNextToHalf(): boolean {
    const { size, min } = this.#request;
    const half = powerOfTwoUpTo(size);
    return this.#memory
      .freeBlocks()
      .some(
        ({ first, count }) =>
          count === half &&
          half > 1 &&
          first % min === 0 &&
          this.#memory.free.hasAll({ first, end: first + size }),
      );
  }

  /** Point 8, without a range: in the smallest block that has an aligned address, at the highest such address. */
  #alignedPiece(): Expectation {
    const { size, min, clear } = this.#request;
    const fitting = this.#memory
      .freeBlocks()
      .filter(({ first, count }) => count >= size && first % min === 0);
    const smallest = Math.min(...fitting.map(({ count }) => count));
    const nearest = fitting.filter(({ count }) => count === smallest);
    const kinds = [
      highest(nearest.filter((block) => block.clear === clear)),
      highest(nearest.filter((block) => block.clear !== clear)),
    ].filter((block) => block !== undefined);
    // In larger blocks than the piece itself either kind may come first.
    const lists = (smallest === size ? kinds.slice(0, 1) : kinds).map(({ first, count, clear }) => [
      { first: Math.max(first, first + count - min), count: size, clear },
    ]);
    if (lists.length > 0) return exactly(...lists);

    const merged = this.#memory.free.blocks().some(({ first, count }) => count >= size && first % min === 0);
    // A merger may be one at the wrong address, and is the only one that is tried.
    return open(merged, true, this.#mergesBelow(size));
  }

  /** Point 8 in a range: see the table in docs/guide/modes.md. */
  #alignedPieceIn(range: ChunkRange): Expectation {
    const { size, min } = this.#request;
    const first = roundUp(range.first, min);
    const last = roundDown(range.end, min);
    const atEnd = last >= range.first && range.end - last >= size ? this.#at(last, size) : NO_SPACE;

    if (first >= last) return atEnd;
    if (last - first === min) {
      const only = this.#at(first, size);
      return only.maySucceed ? only : atEnd;
    }
    const [whole] = this.#blocksFor(min, min) ?? [];
    if (whole) return exactly([{ ...whole, count: size }]);
    const merged = this.#capacityWhenMerged(min) >= min;
    if (!merged && !this.#mergesBelow(min)) return atEnd;
    return open(merged || atEnd.maySucceed, !atEnd.maySucceed, this.#mergesBelow(min));
  }
}

/** The part of a free block that lies in a range, as blocks of its kind. */
function partsOf(block: FreeBlock, range: ChunkRange): FreeBlock[] {
  return blocksOf(intersection(rangeOf(block), range)).map((part) => ({ ...part, clear: block.clear }));
}

function highest(blocks: readonly FreeBlock[]): FreeBlock | undefined {
  return [...blocks].sort((a, b) => b.first - a.first)[0];
}

/** Best fit; the highest address among those. */
function highestOfSmallest(blocks: readonly FreeBlock[]): FreeBlock | undefined {
  return [...blocks].sort((a, b) => a.count - b.count || b.first - a.first)[0];
}

/** The lowest aligned place for a block of so many chunks, inside one of the blocks and inside the range. */
function lowestIn(range: ChunkRange, blocks: readonly FreeBlock[], count: number): FreeBlock | undefined {
  return blocks
    .map((block) => ({ block, place: intersection(rangeOf(block), range) }))
    .map(({ block, place }) => ({ first: roundUp(place.first, count), end: place.end, clear: block.clear }))
    .filter(({ first, end }) => first + count <= end)
    .sort((a, b) => a.first - b.first)
    .map(({ first, clear }) => ({ first, count, clear }))[0];
}

/** Takes a part of a free block off the list; the rest of that block stays free. */
function takeFrom(free: FreeBlock[], taken: FreeBlock): FreeBlock {
  const index = free.findIndex(
    ({ first, count }) => first <= taken.first && taken.first + taken.count <= first + count,
  );
  const [block] = free.slice(index, index + 1);
  if (!block) throw new Error('The model takes a block that is not free.');
  free.splice(
    index,
    1,
    ...partsOf(block, { first: block.first, end: taken.first }),
    ...partsOf(block, { first: taken.first + taken.count, end: block.first + block.count }),
  );
  return taken;
}
