// The types of gpu-buddy/queue. Never run: see ../types.test.ts.
import { expectTypeOf } from 'expect-type';
import type { Account, AllocatedBlocks, Bytes, GpuBuddy, WaitSignal } from 'gpu-buddy';
import { AllocQueue, type AllocQueueStats, type QueuedAllocOptions } from 'gpu-buddy/queue';

declare const numbers: GpuBuddy;
declare const bigints: GpuBuddy<bigint>;
declare const signal: WaitSignal;

// The allocator, the account and the lists are those of the package itself.
const account = bigints.account();
const queue = new AllocQueue(numbers, { maxPassed: 10, maxBarrier: 100 });
const options = { signal, account, priority: -1, weight: 2, timeout: 1000, contiguous: true };
expectTypeOf(options).toExtend<QueuedAllocOptions>();
expectTypeOf(queue.alloc(4096, options)).resolves.toEqualTypeOf<AllocatedBlocks>();
expectTypeOf(new AllocQueue(bigints).alloc(4096n)).resolves.toEqualTypeOf<AllocatedBlocks<bigint>>();
expectTypeOf(queue.stats()).toEqualTypeOf<AllocQueueStats>();
expectTypeOf(queue.stats().waitingBytes).toBeNumber();
expectTypeOf(queue.stats().lines[0]?.account).toEqualTypeOf<Account<Bytes> | undefined>();
// @ts-expect-error -- misspelt
void queue.alloc(4096, { priorty: 1 });
