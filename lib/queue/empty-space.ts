/**
 * Answers what an allocator could give if it were empty: by an allocator of the same shape that is. Goes below `GpuBuddy`, so that
 * nobody who observes the calls of a program is told of these.
 */
import type { AllocOptions, Bytes, GpuBuddy } from 'gpu-buddy';
import { Allocator } from '../allocator';
import { toConfig } from '../gpu-buddy-options';
import { putGuardBack, spareSlot, takeGuard } from '../guard';
import * as native from '../native';

export class EmptySpace {
  readonly #allocator: Allocator;

  constructor({ size, chunkSize, baseOffset }: GpuBuddy<Bytes>) {
    const config = { size, chunkSize, baseOffset, bigint: typeof size === 'bigint' };
    this.#allocator = new Allocator(toConfig(config));
  }

  /** Throws what `allocBlocks()` would throw here, if it would: such a request can never be granted. */
  check(size: Bytes, options: AllocOptions): void {
    const allocator = this.#allocator;
    const request = allocator.toRequest(size, options, allocator.plainRequest);
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(allocator.handle, request, slot, size);
    if (status === native.OK) native.free(slot, native.report.generation, false);
    putGuardBack(guard);
    if (status !== native.OK) throw allocator.shortageError(size, request);
  }

  dispose(): void {
    this.#allocator.dispose();
  }
}
