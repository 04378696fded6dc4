/** One block of a list. Lists make their blocks when somebody looks at them. */
import { inspect, type InspectOptions } from 'node:util';
import type { AllocatedBlocks } from './allocated-blocks';
import { gpuBuddyError, illegalConstructor } from './errors';
import { internalKey, ofBlocks, ofBuddy } from './internal';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';

/** What is known of a block at one moment. */
export interface BlockInfo<N extends Bytes = number> {
  /** Address of its first byte, with the allocator's `baseOffset`. */
  readonly offset: N;
  /** Its size is `chunkSize * 2 ** order`. */
  readonly order: number;
  /** Bytes. */
  readonly size: N;
  /** Whether its memory was known to be zero when it was allocated. */
  readonly isClear: boolean;
  /** The number given to `allocBlocks()`; 0 where none was. */
  readonly tag: number;
}

/**
 * A block of an {@link AllocatedBlocks}, which it keeps from being collected. It can be read as long as the list has it:
 * once the list is freed, trimmed or loses a block, every getter but `blocks` throws `ERR_GPU_BUDDY_FREED`.
 *
 * Mirrors `AllocatedBlock` of the kernel's Rust bindings; behind it stands a `struct gpu_buddy_block`.
 */
export class AllocatedBlock<N extends Bytes = number> implements BlockInfo<N> {
  readonly #blocks: AllocatedBlocks<N>;
  readonly #version: number;
  /** Relative to the start of the space. */
  readonly #offset: number;
  readonly #order: number;
  readonly #isClear: boolean;
  readonly #tag: number;

  /** @param offset relative to the start of the space */
  private constructor(
    key: typeof internalKey,
    blocks: AllocatedBlocks<N>,
    offset: number,
    order: number,
    isClear: boolean,
    tag: number,
  ) {
    if (key !== internalKey) throw illegalConstructor();
    this.#blocks = blocks;
    this.#version = ofBlocks.version(blocks);
    this.#offset = offset;
    this.#order = order;
    this.#isClear = isClear;
    this.#tag = tag;
  }

  /** The list that the block is, or was, on. */
  get blocks(): AllocatedBlocks<N> {
    return this.#blocks;
  }

  /** Address of its first byte, with the allocator's `baseOffset`: `gpu_buddy_block_offset()`. */
  get offset(): N {
    this.#assertCurrent('gpu_buddy_block_offset');
    return ofBuddy.space(this.#blocks.buddy).address(this.#offset);
  }

  /** Its size is `chunkSize * 2 ** order`: `gpu_buddy_block_order()`. */
  get order(): number {
    this.#assertCurrent('gpu_buddy_block_order');
    return this.#order;
  }

  /** Bytes: `gpu_buddy_block_size()`. */
  get size(): N {
    this.#assertCurrent('gpu_buddy_block_size');
    return ofBuddy.space(this.#blocks.buddy).blockSize(this.#order);
  }

  /** Whether its memory was known to be zero when it was allocated: `gpu_buddy_block_is_clear()`. */
  get isClear(): boolean {
    this.#assertCurrent('gpu_buddy_block_is_clear');
    return this.#isClear;
  }

  /** The number given to `allocBlocks()`, kept in `gpu_buddy_block.private`; 0 where none was. */
  get tag(): number {
    this.#assertCurrent('gpu_buddy_block');
    return this.#tag;
  }

  get #isCurrent(): boolean {
    return ofBlocks.version(this.#blocks) === this.#version;
  }

  #assertCurrent(syscall: string): void {
    if (!this.#isCurrent) throw gpuBuddyError(native.FREED, syscall);
  }

  get #info(): BlockInfo<N> {
    const { offset, order, size, isClear, tag } = this;
    return { offset, order, size, isClear, tag };
  }

  /** Returns what is known of the block, with decimal strings for bigints; `{ freed: true }` where it can't be read any more. */
  toJSON(): Json<BlockInfo<N>> | { readonly freed: true } {
    return this.#isCurrent ? toJson(this.#info) : { freed: true };
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#blocks in this)) return 'AllocatedBlock {}';
    return this.#isCurrent ? `AllocatedBlock ${inspect(this.#info, options)}` : 'AllocatedBlock { freed }';
  }
}

/** @internal The class with its constructor. */
export const InternalBlock = AllocatedBlock as unknown as new <N extends Bytes>(
  key: typeof internalKey,
  blocks: AllocatedBlocks<N>,
  offset: number,
  order: number,
  isClear: boolean,
  tag: number,
) => AllocatedBlock<N>;
