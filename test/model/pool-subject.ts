/**
 * A subject that allocates in a pool what must be in one piece. A twin does the same by lists, and tells of their blocks; all that
 * is said of the allocator as a whole is said by the one with the pool.
 */
import {
  GpuBuddy,
  type AllocatedBlocks,
  type AllocOptions,
  type Bytes,
  type FreeOptions,
  type GpuBuddyOptions,
  type Pool,
  type PoolHandle,
  type TrimOptions,
} from 'gpu-buddy';
import { Delegate, DelegateList } from './delegates';
import type { SubjectList } from './subject';

/** A list of the twin, and the same blocks in the allocator with the pool: there, perhaps, an allocation of the pool. */
class PooledList extends DelegateList {
  readonly #pool: Pool<Bytes>;
  #blocks: AllocatedBlocks<Bytes> | PoolHandle;

  constructor(
    ofTwin: AllocatedBlocks<Bytes>,
    pool: Pool<Bytes>,
    blocks: AllocatedBlocks<Bytes> | PoolHandle,
  ) {
    super(ofTwin);
    this.#pool = pool;
    this.#blocks = blocks;
  }

  /** The handle, while there is an allocation of the pool. */
  get #handle(): PoolHandle | undefined {
    return typeof this.#blocks === 'number' && this.#pool.has(this.#blocks) ? this.#blocks : undefined;
  }

  override get size(): Bytes {
    return this.#handle === undefined ? super.size : this.#pool.size(this.#handle);
  }

  override get offset(): Bytes | undefined {
    return this.#handle === undefined ? super.offset : this.#pool.offset(this.#handle);
  }

  override get freed(): boolean {
    return typeof this.#blocks === 'number' ? !this.#pool.has(this.#blocks) : this.#blocks.freed;
  }

  /** The blocks as a list, out of the pool. */
  #take(): AllocatedBlocks<Bytes> {
    return (this.#blocks = typeof this.#blocks === 'number' ? this.#pool.blocks(this.#blocks) : this.#blocks);
  }

  override trim(newSize: Bytes, options?: TrimOptions): void {
    this.#take().trim(newSize, options);
    super.trim(newSize, options);
  }

  override freeBlock(index: number, options?: FreeOptions): void {
    this.#take().freeBlock(index, options);
    super.freeBlock(index, options);
  }

  override free(options?: FreeOptions): void {
    if (typeof this.#blocks !== 'number') this.#blocks.free(options);
    else if (this.#pool.has(this.#blocks)) this.#pool.free(this.#blocks, options);
    super.free(options);
  }
}

export class PoolSubject extends Delegate {
  readonly #twin: GpuBuddy<Bytes>;
  readonly #pool: Pool<Bytes>;

  constructor(options: GpuBuddyOptions) {
    super(new GpuBuddy<Bytes>(options));
    this.#twin = new GpuBuddy<Bytes>(options);
    this.#pool = this.real.pool();
  }

  override allocBlocks(size: Bytes, options: AllocOptions = {}): SubjectList {
    const list = this.#both(size, options, () => {
      const { contiguous, ...rest } = options;
      return contiguous ? this.#pool.alloc(size, rest) : this.real.allocBlocks(size, options);
    });
    if (list) return list;
    throw new Error('An allocation that must throw gave null.');
  }

  override tryAllocBlocks(size: Bytes, options: AllocOptions = {}): SubjectList | null {
    return this.#both(size, options, () => {
      const { contiguous, ...rest } = options;
      return contiguous ? this.#pool.tryAlloc(size, rest) : this.real.tryAllocBlocks(size, options);
    });
  }

  #both(
    size: Bytes,
    options: AllocOptions,
    alloc: () => AllocatedBlocks<Bytes> | PoolHandle | null,
  ): SubjectList | null {
    let blocks: AllocatedBlocks<Bytes> | PoolHandle | null;
    try {
      blocks = alloc();
    } catch (error) {
      // A failing call may have merged free blocks.
      this.#allocInTwin(size, options);
      throw error;
    }
    const list = this.#allocInTwin(size, options);
    if ((list === null) !== (blocks === null)) throw new Error('The twin has another answer.');
    return list === null || blocks === null ? null : new PooledList(list, this.#pool, blocks);
  }

  #allocInTwin(size: Bytes, options: AllocOptions): AllocatedBlocks<Bytes> | null {
    try {
      return this.#twin.tryAllocBlocks(size, options);
    } catch {
      return null;
    }
  }

  override resetClear(isClear: boolean): void {
    super.resetClear(isClear);
    this.#twin.resetClear(isClear);
  }

  override dispose(): void {
    super.dispose();
    this.#twin.dispose();
  }
}
