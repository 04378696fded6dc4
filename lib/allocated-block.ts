/** One block of a list. Lists make their blocks when somebody looks at them. */
import { inspect, type InspectOptions } from 'node:util';
import type { AllocatedBlocks } from './allocated-blocks';
import { GpuBuddyError, illegalConstructor } from './errors';
import { internalKey, ofBlocks } from './internal';
import { toJson, type Json } from './json';
import * as native from './native';

/** What is known of a block at one moment. */
export interface BlockInfo {
  /** Address of its first byte, with the allocator's `baseOffset`. */
  readonly offset: bigint;
  /** Its size is `chunkSize << order`. */
  readonly order: number;
  /** Bytes. */
  readonly size: bigint;
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
export class AllocatedBlock implements BlockInfo {
  readonly #blocks: AllocatedBlocks;
  readonly #version: number;
  readonly #offset: number;
  readonly #order: number;
  readonly #isClear: boolean;
  readonly #tag: number;

  /** @internal The offset is relative to the start of the space. */
  constructor(
    key: typeof internalKey,
    blocks: AllocatedBlocks,
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
  get blocks(): AllocatedBlocks {
    return this.#blocks;
  }

  /** Address of its first byte, with the allocator's `baseOffset`: `gpu_buddy_block_offset()`. */
  get offset(): bigint {
    this.#assertCurrent('gpu_buddy_block_offset');
    return this.#blocks.buddy.baseOffset + BigInt(this.#offset);
  }

  /** Its size is `chunkSize << order`: `gpu_buddy_block_order()`. */
  get order(): number {
    this.#assertCurrent('gpu_buddy_block_order');
    return this.#order;
  }

  /** Bytes: `gpu_buddy_block_size()`. */
  get size(): bigint {
    this.#assertCurrent('gpu_buddy_block_size');
    return this.#blocks.buddy.chunkSize << BigInt(this.#order);
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
    if (!this.#isCurrent) throw new GpuBuddyError(native.FREED, syscall);
  }

  get #info(): BlockInfo {
    const { offset, order, size, isClear, tag } = this;
    return { offset, order, size, isClear, tag };
  }

  /** Returns what is known of the block, with decimal strings for bigints; `{ freed: true }` where it can't be read any more. */
  toJSON(): Json<BlockInfo> | { readonly freed: true } {
    return this.#isCurrent ? toJson(this.#info) : { freed: true };
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#blocks in this)) return 'AllocatedBlock {}';
    return this.#isCurrent ? `AllocatedBlock ${inspect(this.#info, options)}` : 'AllocatedBlock { freed }';
  }
}
