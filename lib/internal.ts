/**
 * Gives the classes of this library access to each other's private parts. Each class gives its part when it is defined: only
 * there its private fields can be reached.
 */
import type { AllocatedBlocks } from './allocated-blocks';
import type { ErrorDetails, GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import type { Guard } from './guard';
import type { Bytes, Handle } from './native';
import type { AllocOptions, Request } from './request';

/** Proof, for a constructor, that it is the library that calls it. Users can't get it. */
export const internalKey = Symbol('gpu-buddy.internal');

interface BuddyInternals {
  handle(buddy: GpuBuddy): Handle;
  /** Whether another environment, or another `GpuBuddy` of this one, may know the allocator. */
  isShared(buddy: GpuBuddy): boolean;
  /** Notes that, before the token is known. */
  share(buddy: GpuBuddy): void;
  /** Notes the ID of the allocator's token. */
  setId(buddy: GpuBuddy, id: string): void;
  /** Whether the two stand for one allocator. */
  isSame(buddy: GpuBuddy, other: GpuBuddy): boolean;
  /** Whether lists of the allocator remember where they come from. */
  capturesStacks(buddy: GpuBuddy): boolean;
  /** Looks at the options of an allocation. */
  toRequest(buddy: GpuBuddy, size: Bytes, options: AllocOptions | undefined): Request;
  toError(buddy: GpuBuddy, status: number, syscall: string, details?: ErrorDetails): GpuBuddyError;
}

interface BlocksInternals {
  /** Changes whenever the blocks do, so that a block knows whether it is still one of them. */
  version(blocks: AllocatedBlocks): number;
  /** `undefined` where the list is freed. */
  handle(blocks: AllocatedBlocks): Handle | undefined;
  /** Makes the list a freed one. Its guard, if there is one, and so its blocks are the caller's. */
  detach(blocks: AllocatedBlocks): Guard | undefined;
  /** Takes that back. */
  attach(blocks: AllocatedBlocks, guard: Guard): void;
}

/** Filled in by lib/gpu-buddy.ts. */
export const ofBuddy = {} as BuddyInternals;

/** Filled in by lib/allocated-blocks.ts. */
export const ofBlocks = {} as BlocksInternals;
