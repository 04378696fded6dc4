/**
 * Models the memory of the contract: which chunks are free, which of these are clear, and who owns the others. It has no tree, no
 * order and no policy. Free neighbours of one kind always merge, so the free blocks of an allocator follow from this alone.
 */
import { ChunkSet, powerOfTwoUpTo, rangeOf, type Block } from './chunk-set';

/** A free block, which is clear or dirty throughout. */
export interface FreeBlock extends Block {
  readonly clear: boolean;
}

/** An allocated one: `clear` is what it was then. */
export interface OwnedBlock extends Block {
  readonly clear: boolean;
  readonly tag: number;
  /** The account that is charged for it. */
  readonly account?: number | undefined;
}

export class Memory {
  readonly chunks: number;
  /** The blocks of each live list, in list order. */
  readonly lists = new Map<number, readonly OwnedBlock[]>();
  readonly #free: ChunkSet;
  readonly #clear = new ChunkSet();
  /** Since the last change. */
  #freeBlocks: readonly FreeBlock[] | undefined;

  constructor(chunks: number) {
    this.chunks = chunks;
    this.#free = ChunkSet.of({ first: 0, end: chunks });
  }

  get free(): ChunkSet {
    return this.#free;
  }

  /** The free chunks that are clear. */
  get clear(): ChunkSet {
    return this.#clear;
  }

  get dirty(): ChunkSet {
    return this.#free.without(this.#clear);
  }

  /** Sorted by address. */
  freeBlocks(): readonly FreeBlock[] {
    return (this.#freeBlocks ??= [
      ...this.#clear.blocks().map((block) => ({ ...block, clear: true })),
      ...this.dirty.blocks().map((block) => ({ ...block, clear: false })),
    ].sort((a, b) => a.first - b.first));
  }

  /** Chunks of the largest free block. */
  largestFree(): number {
    return Math.max(0, ...this.freeBlocks().map(({ count }) => count));
  }

  /** Chunks of the largest block that could be free with as many chunks free. */
  largestPossible(): number {
    const { size } = this.#free;
    return size === 0 ? 0 : Math.min(powerOfTwoUpTo(size), powerOfTwoUpTo(this.chunks));
  }

  /** The free block that a chunk lies in. */
  freeBlockAt(chunk: number): FreeBlock | undefined {
    return this.freeBlocks().find(({ first, count }) => first <= chunk && chunk < first + count);
  }

  ownedBlocks(): OwnedBlock[] {
    return [...this.lists.values()].flat();
  }

  /** The block that a chunk belongs to, unless it is free. */
  ownerOf(chunk: number): OwnedBlock | undefined {
    return this.ownedBlocks().find(({ first, count }) => first <= chunk && chunk < first + count);
  }

  take(list: number, blocks: readonly OwnedBlock[]): void {
    this.#freeBlocks = undefined;
    for (const block of blocks) {
      this.#free.remove(rangeOf(block));
      this.#clear.remove(rangeOf(block));
    }
    this.lists.set(list, blocks);
  }

  give(blocks: readonly Block[], cleared: boolean): void {
    this.#freeBlocks = undefined;
    for (const block of blocks) {
      this.#free.add(rangeOf(block));
      if (cleared) this.#clear.add(rangeOf(block));
    }
  }

  /** Makes all free memory clear, or dirty. */
  reset(clear: boolean): void {
    this.#freeBlocks = undefined;
    for (const range of this.#clear.ranges) this.#clear.remove(range);
    if (clear) for (const range of this.#free.ranges) this.#clear.add(range);
  }

  /** Makes clear chunks dirty, since they were merged with dirty ones. */
  makeDirty(lost: ChunkSet): void {
    this.#freeBlocks = undefined;
    for (const range of lost.ranges) this.#clear.remove(range);
  }
}
