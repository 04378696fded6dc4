/** The public surface of gpu-buddy: names only. */
// The declarations speak of `Disposable`, whatever the compiler's `lib` is.
/// <reference lib="esnext.disposable" preserve="true" />
export type { AddressRange } from './address-range';
export { AllocatedBlock, type BlockInfo } from './allocated-block';
export {
  AllocatedBlocks,
  type AllocatedBlocksJson,
  type FreeOptions,
  type TrimOptions,
} from './allocated-blocks';
export { Batch, type BatchRunOptions } from './batch';
export type { BatchHandle } from './batch-handles';
export { BatchResult, type BatchOutcome, type BatchResultJson } from './batch-result';
export type { BlockTable } from './block-table';
export type { BlockPlace, ClaimOptions } from './claim';
export { GpuBuddyError, type GpuBuddyErrorCode, type ShortageReason } from './errors';
export type { FindFreeOptions, GpuBuddyOptions, GpuBuddyStats, OrderStats } from './gpu-buddy-class';
export { GpuBuddy, type GpuBuddyConstructor } from './gpu-buddy';
export { Pool, type PoolAllocOptions, type PoolHandle } from './pool';
export type { ReclaimedMessage } from './reclaim';
export { kernelVersion, STATE_ALLOCATED, STATE_CLEAR, type Bytes } from './native';
export type { AllocMode, AllocOptions } from './request';
export type { Json } from './json';
export type { Segment } from './segments';
export * from './sizes';
export type { Column } from './space';
export type { GpuBuddyState, Restored, RestoreOptions } from './state';
export type { AllocatedBlocksToken, GpuBuddyToken, OpenOptions } from './tokens';
export type { WaitForFreeOptions } from './waiting';
