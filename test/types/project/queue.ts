// The types of gpu-buddy/queue. Never run: see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import type { AllocatedBlocks, GpuBuddy } from 'gpu-buddy';
import { AllocQueue, type AbortSignalLike, type EventCount } from 'gpu-buddy/queue';

declare const numbers: GpuBuddy & EventCount;
declare const bigints: GpuBuddy<bigint> & EventCount;
declare const signal: AbortSignalLike;

// The allocator and the lists of the package itself.
const queue = new AllocQueue(numbers, { maxPassed: 10, maxBarrier: 100 });
expectTypeOf(queue.alloc(4096, { signal, priority: -1, contiguous: true })).toEqualTypeOf<
  Promise<AllocatedBlocks>
>();
expectTypeOf(new AllocQueue(bigints).alloc(4096n)).toEqualTypeOf<Promise<AllocatedBlocks<bigint>>>();
expectTypeOf(queue.stats().waitingBytes).toBeNumber();
// @ts-expect-error -- misspelt
void queue.alloc(4096, { priorty: 1 });
