/** A subject that allocates and frees by batches, and hands each list on before it is used: by `transfer()` and `adopt()`. */
import {
  AllocatedBlocks,
  GpuBuddy,
  type AllocOptions,
  type Bytes,
  type FreeOptions,
  type GpuBuddyOptions,
} from 'gpu-buddy';
import { charging, Delegate, DelegateList } from './delegates';
import type { Charged, SubjectList } from './subject';

class BatchedList extends DelegateList {
  override free(options?: FreeOptions): void {
    const { real } = this;
    // A disposed allocator makes no batch.
    if (real.freed || real.buddy.disposed) {
      super.free(options);
      return;
    }
    const batch = real.buddy.batch();
    batch.free(real, options);
    batch.run();
  }
}

export class BatchSubject extends Delegate {
  constructor(options: GpuBuddyOptions) {
    super(new GpuBuddy<Bytes>(options));
  }

  override show(list: AllocatedBlocks<Bytes>): SubjectList {
    const bigint = typeof this.real.size === 'bigint';
    return new BatchedList(AllocatedBlocks.adopt(list.transfer(), { bigint }));
  }

  /** Errors of batches do not tell what is free: `allocBlocks()`, whose errors do, stays as it is. */
  override tryAllocBlocks(size: Bytes, options: Charged<AllocOptions> = {}): SubjectList | null {
    const batch = this.real.batch();
    const handle = batch.alloc(size, charging(options));
    const result = batch.run();
    const list = result.blocks(handle);
    const error = result.error(handle);
    if (list) return this.show(list);
    if (error?.code === 'ENOSPC') return null;
    throw error ?? new Error('A batch has neither a list nor an error.');
  }
}
