/** Names what Node gets as `gpu-buddy`; lib/api.ts says what it is. */
export { Account } from './account';
export { AllocatedBlocks } from './adopt';
export { AllocatedBlock } from './allocated-blocks';
export { Batch } from './batch';
export { BatchResult } from './batch-result';
export { GpuBuddyError } from './errors';
export { GpuBuddy } from './gpu-buddy';
export { kernelVersion, STATE_ALLOCATED, STATE_CLEAR } from './native';
export { Pool } from './pool';
export * from './sizes';
