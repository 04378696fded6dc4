/**
 * Gives the classes of this library access to each other's private parts. Each class gives its part when it is defined: only
 * there its private fields can be reached.
 */
import type { AllocatedBlocks } from './allocated-blocks';
import type { BatchResult } from './batch-result';
import type { ErrorDetails, GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import type { Guard } from './guard';
import type { Bytes, Handle } from './native';
import type { AllocOptions, Request } from './request';
import type { Space } from './space';

/**
 * Proof, for a constructor, that it is the library that calls it. Users can't get it. Constructors are private in their types; the
 * library calls them by another name of the class (`InternalBlocks`, …).
 */
export const internalKey = Symbol('gpu-buddy.internal');

/** An allocator, whatever it gives out. */
type AnyBuddy = GpuBuddy<Bytes>;
type AnyBlocks = AllocatedBlocks<Bytes>;

interface BuddyInternals {
  handle(buddy: AnyBuddy): Handle;
  space<N extends Bytes>(buddy: GpuBuddy<N>): Space<N>;
  /**
   * The slot of the handle through which memory may be freed with the next call; -1 where it is to be freed at once: another
   * environment, or another `GpuBuddy` of this one, may know the allocator, or the handle is given up.
   */
  lazyHandle(buddy: AnyBuddy): number;
  /** Notes that others may know the allocator, before the token is known. */
  share(buddy: AnyBuddy): void;
  /** Why the allocation that has just failed found no space. */
  shortageError(buddy: AnyBuddy, size: Bytes, request: Request): GpuBuddyError;
  allocError(buddy: AnyBuddy, status: number, size: Bytes, request: Request): GpuBuddyError;
  /** Notes the ID of the allocator's token. */
  setId(buddy: AnyBuddy, id: string): void;
  /** Whether the two stand for one allocator. */
  isSame(buddy: AnyBuddy, other: AnyBuddy): boolean;
  /** Whether lists of the allocator remember where they come from. */
  capturesStacks(buddy: AnyBuddy): boolean;
  /** Looks at the options of an allocation. */
  toRequest(buddy: AnyBuddy, size: Bytes, options: AllocOptions | undefined): Request;
  toError(buddy: AnyBuddy, status: number, syscall: string, details?: ErrorDetails): GpuBuddyError;
}

interface BlocksInternals {
  /** Changes whenever the blocks do, so that a block knows whether it is still one of them. */
  version(blocks: AnyBlocks): number;
  /** `undefined` where the list is freed. */
  handle(blocks: AnyBlocks): Handle | undefined;
  /** Makes the list a freed one. Its guard, if there is one, and so its blocks are the caller's. */
  detach(blocks: AnyBlocks): Guard | undefined;
  /** Takes that back. */
  attach(blocks: AnyBlocks, guard: Guard): void;
}

interface ResultInternals {
  /** The lists of all operations that have one. */
  allBlocks<N extends Bytes>(result: BatchResult<N>): AllocatedBlocks<N>[];
  /** Takes back all allocations of a result that no user has seen. */
  discard(result: BatchResult<Bytes>): void;
}

/** Filled in by lib/gpu-buddy-class.ts. */
export const ofBuddy = {} as BuddyInternals;

/** Filled in by lib/allocated-blocks.ts. */
export const ofBlocks = {} as BlocksInternals;

/** Filled in by lib/batch-result.ts. */
export const ofResult = {} as ResultInternals;
