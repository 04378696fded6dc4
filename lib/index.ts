/** The public surface of gpu-buddy: names only. */
export { AllocatedBlock, type BlockInfo } from './allocated-block';
export {
  AllocatedBlocks,
  type AllocatedBlocksJson,
  type FreeOptions,
  type TrimOptions,
} from './allocated-blocks';
export { Batch, type BatchRunOptions } from './batch';
export { BatchResult, type BatchResultJson } from './batch-result';
export type { BlockTable } from './block-table';
export { GpuBuddyError } from './errors';
export { GpuBuddy, type GpuBuddyOptions, type GpuBuddyStats, type OrderStats } from './gpu-buddy';
export type { ReclaimedMessage } from './reclaim';
export { kernelVersion, STATE_ALLOCATED, STATE_CLEAR } from './native';
export type { AddressRange, AllocMode, AllocOptions } from './request';
export type { Json } from './json';
export type { Segment } from './segments';
export * from './sizes';
export type { AllocatedBlocksToken, GpuBuddyToken } from './tokens';
