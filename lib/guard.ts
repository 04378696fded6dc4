/**
 * Frees the lists of blocks that nobody freed. A list's blocks stand in a native slot, and each slot belongs to a guard
 * for life. A list holds a guard, and nobody else does: when the list is collected, its guard is too, and the registry
 * frees what is in the slot. A list that is freed hands its guard on to the next one, so that the registry, which is
 * slow, has nothing to do as long as lists are freed by hand.
 */
import { GpuBuddyError } from './errors';
import * as native from './native';

/** A native slot that can hold one list after the other. */
export interface Guard {
  readonly slot: number;
}

const MOST_SPARE_GUARDS = 4096;

const spareGuards: Guard[] = [];
const registry = new FinalizationRegistry<number>(native.closeList);

export function takeGuard(): Guard {
  return spareGuards.pop() ?? makeGuard();
}

/** For a guard whose slot holds no list any more. */
export function returnGuard(guard: Guard): void {
  // One too many is dropped, and its slot goes with it.
  if (spareGuards.length < MOST_SPARE_GUARDS) spareGuards.push(guard);
}

function makeGuard(): Guard {
  const slot = native.openList();
  if (slot < 0) throw new GpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  const guard = { slot };
  registry.register(guard, slot);
  return guard;
}
