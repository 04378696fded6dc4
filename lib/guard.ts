/**
 * Frees the lists of blocks that nobody freed. A list's blocks stand in a native slot, and each slot belongs to a guard
 * for life. A list holds a guard, and nobody else does: when the list is collected, its guard is too, and the registry
 * frees what is in the slot. A list that is freed hands its guard on to the next one, so that the registry, which is
 * slow, has nothing to do as long as lists are freed by hand.
 */
import { channel } from 'node:diagnostics_channel';
import { GpuBuddyError } from './errors';
import * as native from './native';

/** A native slot that can hold one list after the other. */
export interface Guard {
  readonly slot: number;
}

/** What the diagnostics channel `gpu-buddy:reclaimed` tells of a list that the garbage collector had to free. */
export interface ReclaimedMessage {
  /** Bytes in all of its blocks. */
  readonly size: bigint;
  /** Where it was allocated, if the allocator was made with `captureStacks`. */
  readonly stack: string | undefined;
}

const MOST_SPARE_GUARDS = 4096;

const reclaimed = channel('gpu-buddy:reclaimed');
const spareGuards: Guard[] = [];
const stacks = new Map<number, string>();
const registry = new FinalizationRegistry<number>(reclaim);

export function takeGuard(): Guard {
  return spareGuards.pop() ?? makeGuard();
}

/** For a guard whose slot holds no list any more. */
export function returnGuard(guard: Guard): void {
  if (stacks.size) stacks.delete(guard.slot);
  // One too many is dropped, and its slot goes with it.
  if (spareGuards.length < MOST_SPARE_GUARDS) spareGuards.push(guard);
}

/** Where the caller of `allocBlocks()` is. */
export function captureStack(): string {
  const place: { stack?: unknown } = {};
  Error.captureStackTrace(place, captureStack);
  // Without the headline and the two frames of GpuBuddy. Error.prepareStackTrace() may have made anything of it.
  return String(place.stack).split('\n').slice(3).join('\n');
}

/** Notes where the list in a guard's slot was allocated. */
export function noteStack(guard: Guard, stack: string): void {
  stacks.set(guard.slot, stack);
}

function makeGuard(): Guard {
  const slot = native.openList();
  if (slot < 0) throw new GpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  const guard = { slot };
  registry.register(guard, slot);
  return guard;
}

function reclaim(slot: number): void {
  const bytes = native.closeList(slot);
  const stack = stacks.get(slot);
  stacks.delete(slot);
  if (bytes && reclaimed.hasSubscribers) {
    const message: ReclaimedMessage = { size: BigInt(bytes), stack };
    reclaimed.publish(message);
  }
}
