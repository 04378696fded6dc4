import { GpuBuddy } from 'gpu-buddy';
import { bytesOf, PAGE_SIZE, PAGE_TOKENS } from './units.mjs';

/** @typedef {{ blocks: import('gpu-buddy').AllocatedBlocks, room: number }} Pages of a sequence, and the tokens that they hold */

/**
 * Hands out the memory of a GPU to sequences (the keys and values of their tokens) and to adapters, as an inference server would.
 * The smallest block of its allocator is a page.
 */
export class KvCache {
  /** Pages that sequences have got while they grew. */
  grown = 0;
  /** How many of them lay right behind those that the sequence had. */
  grownInPlace = 0;
  #account;
  #modes;
  #policy;

  /**
   * @param {number} size bytes
   * @param {number} share the part of it that sequences can't take, since adapters may need it: below 1
   * @param {import('./policies.mjs').Policy} policy
   */
  constructor(size, share, policy) {
    this.buddy = new GpuBuddy({ size, chunkSize: PAGE_SIZE });
    const reserved = Math.ceil((this.buddy.size * share) / PAGE_SIZE) * PAGE_SIZE;
    this.#account = this.buddy.account({ name: 'adapters', reserved });
    this.#modes = policy.modes(this.buddy.size, reserved);
    this.#policy = policy;
  }

  /** Bytes that sequences may have when no adapter has more than what is reserved. */
  get capacity() {
    return this.buddy.size - this.#account.reserved;
  }

  /** Bytes that sequences may take now. */
  get avail() {
    const { used, reserved } = this.#account;
    return this.buddy.avail - Math.max(0, reserved - used);
  }

  /** Bytes of the longest run of free pages. */
  get longestRun() {
    return this.buddy.freeSegments().reduce((longest, { size }) => Math.max(longest, size), 0);
  }

  /**
   * Gives a sequence its first pages; `null` where they are not free.
   * @param {number} tokens that they hold
   * @param {number} length tokens that the sequence will have in the end
   * @param {number} spare bytes that stay free, for the sequences that grow
   * @returns {Pages | null}
   */
  open(tokens, length, spare) {
    const { isContiguous = false } = this.#policy;
    const room = isContiguous ? length : tokens;
    const size = bytesOf(room);
    if (size + spare > this.avail) return null;
    const blocks = this.buddy.tryAllocBlocks(size, { mode: this.#modes.pages, contiguous: isContiguous });
    return blocks && { blocks, room: (size / PAGE_SIZE) * PAGE_TOKENS };
  }

  /**
   * Makes room for that many tokens in a sequence that has one less; `false` where no page is free.
   * @param {Pages} pages
   * @param {number} tokens
   */
  grow(pages, tokens) {
    if (tokens <= pages.room) return true;
    const isInPlace = pages.blocks.tryExtend(PAGE_SIZE);
    if (!isInPlace) {
      const page = this.buddy.tryAllocBlocks(PAGE_SIZE, { mode: this.#modes.pages });
      if (!page) return false;
      pages.blocks.append(page);
    }
    pages.room += PAGE_TOKENS;
    this.grown += 1;
    this.grownInPlace += Number(isInPlace);
    return true;
  }

  /**
   * Gives an adapter its memory, in one piece; `null` where there is none.
   * @param {number} size bytes
   */
  load(size) {
    const account = this.#account;
    const mode = this.#modes.adapters;
    const blocks = this.buddy.tryAllocBlocks(size, { mode, contiguous: true, account });
    if (blocks || !this.#policy.findsRuns) return blocks;
    const start = this.buddy.findFree(size);
    return start === null ? null : this.buddy.allocBlocks(size, { mode: { at: start }, account });
  }
}
