/** Serves the requests of a workload by a policy, one after another. */
import type { AllocatedBlocks } from '../../allocated-blocks';
import type { AllocOptions } from '../../api';
import { GpuBuddyError, type GpuBuddyErrorCode } from '../../errors';
import { GpuBuddy } from '../../gpu-buddy';
import { RequestKind, type Workload } from '../workload/workload';
import { inChunks, isContiguous, minBlockSizeOf, type Policy } from './policy';

/** How a request has ended. */
export type RequestOutcome =
  | 'done'
  /** An allocation, or a probe, for which there was no space. */
  | 'failed'
  /** Its list was never allocated here. */
  | 'skipped';

/** Errors that mean that there is no space: more than the whole space is asked for, by rounding too; or none was found in millions of steps. */
const NO_SPACE_CODES: ReadonlySet<GpuBuddyErrorCode> = new Set(['EINVAL', 'ERR_GPU_BUDDY_WORK_LIMIT']);

/** Sees which blocks are taken and given back. */
export interface BlocksObserver {
  /** Called after they were allocated. */
  allocated(blocks: AllocatedBlocks): void;
  /** Called before a list is freed, or part of it. */
  freed(blocks: AllocatedBlocks): void;
  /** Called after part of a list was freed, with what is left. */
  kept(blocks: AllocatedBlocks): void;
}

export class PolicyRun implements Disposable {
  readonly buddy: GpuBuddy;
  readonly policy: Policy;
  readonly #workload: Workload;
  readonly #observer: BlocksObserver | undefined;
  readonly #lists: (AllocatedBlocks | undefined)[];
  readonly #mode: AllocOptions['mode'];

  /** @throws GpuBuddyError if no allocator of that size can be made */
  constructor(workload: Workload, policy: Policy, observer?: BlocksObserver) {
    const { size, chunkSize } = policy;
    this.buddy = new GpuBuddy({ size, chunkSize });
    this.policy = policy;
    this.#workload = workload;
    this.#observer = observer;
    this.#lists = new Array<AllocatedBlocks | undefined>(workload.listCount).fill(undefined);
    this.#mode = modeOf(policy);
  }

  /** The list of that number, where it lives. */
  list(number: number): AllocatedBlocks | undefined {
    return this.#lists[number];
  }

  /** Serves a request. Each must be served once, in their order. */
  serve(index: number): RequestOutcome {
    const { kinds, lists, sizes } = this.#workload;
    const list = lists[index] ?? -1;
    switch (kinds[index] ?? -1) {
      case RequestKind.ALLOC:
        return this.#alloc(index, list);
      case RequestKind.GROW:
        return this.#grow(index, list);
      case RequestKind.FREE:
        return this.#free(list);
      case RequestKind.SHRINK:
        return this.#shrink(index, list);
      case RequestKind.APPEND:
        return this.#append(list, sizes[index] ?? -1);
      default:
        return this.#probe(index);
    }
  }

  [Symbol.dispose](): void {
    for (const blocks of this.#lists) blocks?.free();
    this.buddy.dispose();
  }

  #alloc(index: number, list: number): RequestOutcome {
    const blocks = this.#tryAlloc(index);
    this.#lists[list] = blocks ?? undefined;
    if (!blocks) return 'failed';
    this.#observer?.allocated(blocks);
    return 'done';
  }

  #grow(index: number, list: number): RequestOutcome {
    const grown = this.#lists[list];
    if (!grown) return 'skipped';
    const blocks = this.#tryAlloc(index);
    if (!blocks) return 'failed';
    this.#observer?.allocated(blocks);
    grown.append(blocks);
    return 'done';
  }

  #free(list: number): RequestOutcome {
    const blocks = this.#lists[list];
    if (!blocks) return 'skipped';
    this.#lists[list] = undefined;
    this.#observer?.freed(blocks);
    blocks.free();
    return 'done';
  }

  /** Frees whole blocks from the end, and cuts the last one if it is alone. Else what is left is allocated anew. */
  #shrink(index: number, list: number): RequestOutcome {
    const blocks = this.#lists[list];
    if (!blocks) return 'skipped';
    const size = this.#sizeOf(index);
    this.#observer?.freed(blocks);
    for (let last = blocks.at(-1); last && blocks.size - last.size >= size; last = blocks.at(-1))
      blocks.freeBlock(-1);
    if (blocks.size > size && blocks.length === 1) blocks.trim(size);
    if (blocks.size <= size) {
      this.#observer?.kept(blocks);
      return 'done';
    }
    blocks.free();
    return this.#alloc(index, list);
  }

  #append(list: number, other: number): RequestOutcome {
    const blocks = this.#lists[list];
    const moved = this.#lists[other];
    this.#lists[other] = undefined;
    if (!moved) return 'skipped';
    if (blocks) blocks.append(moved);
    else this.#lists[list] = moved;
    return 'done';
  }

  #probe(index: number): RequestOutcome {
    const blocks = this.#tryAlloc(index);
    blocks?.free();
    return blocks ? 'done' : 'failed';
  }

  #tryAlloc(index: number): AllocatedBlocks | null {
    try {
      return this.buddy.tryAllocBlocks(this.#sizeOf(index), this.#optionsOf(index));
    } catch (error) {
      if (error instanceof GpuBuddyError && NO_SPACE_CODES.has(error.code)) return null;
      throw error;
    }
  }

  #sizeOf(index: number): number {
    return inChunks(this.#workload.sizes[index] ?? 0, this.policy);
  }

  #optionsOf(index: number): AllocOptions {
    return {
      mode: this.#mode,
      minBlockSize: minBlockSizeOf(this.policy, this.#workload.alignments[index] ?? 0),
      contiguous: isContiguous(this.policy),
    };
  }
}

function modeOf({ mode, size }: Policy): AllocOptions['mode'] {
  if (mode.endsWith('top-down')) return 'top-down';
  if (mode.endsWith('range')) return { range: { start: 0, end: size } };
  return 'simple';
}
