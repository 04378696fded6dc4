/**
 * Waits for memory, in a fair order: {@link AllocQueue}.
 *
 * @module gpu-buddy/queue
 */
/// <reference lib="esnext.disposable" preserve="true" />
export { AllocQueue } from './alloc-queue';
export type { AllocQueueOptions, QueuedAllocOptions } from './options';
export type { AllocQueueCounts, AllocQueueStats, QueuedLineStats } from './stats';
