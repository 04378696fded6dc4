/** The entry `gpu-buddy/queue`: names only. */
/// <reference lib="esnext.disposable" preserve="true" />
export { AllocQueue } from './alloc-queue';
export type { AllocQueueOptions, QueuedAllocOptions } from './options';
export type { AllocQueueCounts, AllocQueueStats, QueuedLineStats } from './stats';
