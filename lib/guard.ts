/**
 * Lets the collector free the lists of blocks that nobody freed. A native guard knows the name of a list, and each belongs to an
 * object of this class for life, which stands for it. A list holds a guard, and nobody else does: when the list is collected,
 * its guard is too, and the registry tells lib/reclaim.ts the slot of the native one. A list that is freed hands its guard on to
 * the next one, so that the registry, which is slow, has nothing to do as long as lists are freed by hand. The native guard
 * keeps the name until then: it means nothing any more.
 *
 * JavaScript can be stopped between any two instructions, so a guard is always in one place only: among the spare ones (its
 * list is freed, or waits to be), in a list, or in a local variable. A function that is stopped drops its local variables, and the collector
 * frees what is in the slots of their guards.
 */
import { forgetStack } from './allocation-stacks';
import { gpuBuddyError } from './errors';
import * as native from './native';
import { abandonGroup, abandonSlot } from './reclaim';

/** Represents a native guard, which can hold one list after the other. Its holder remembers the slot. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the smallest object that a registry can watch
export class Guard {}

const MOST_SPARE_GUARDS = 4096;

const guards = new FinalizationRegistry(abandonSlot);

/** Guards whose slots are empty, and their slots at the same places, so that guards need not be read. */
const spareGuards = new Array<Guard | undefined>(MOST_SPARE_GUARDS).fill(undefined);
const spareSlots = new Int32Array(MOST_SPARE_GUARDS);
let spares = 0;

/** Returns the slot of the guard that `takeGuard()` will give. */
export function spareSlot(): number {
  if (spares === 0) makeGuard();
  return spareSlots[spares - 1] ?? -1;
}

/** Takes the guard of `spareSlot()` out of the spare ones. Must come before the call that may fill the slot. */
export function takeGuard(): Guard | undefined {
  const place = spares - 1;
  const guard = spareGuards[place];
  spares = place;
  spareGuards[place] = undefined;
  return guard;
}

/** Puts the guard that was taken last back among the spare ones. Its slot must still be empty. */
export function putGuardBack(guard: Guard | undefined): void {
  spareGuards[spares] = guard;
  spares++;
}

/** Adds a guard to the spare ones. Its slot must be empty, and nobody else may hold it. */
export function returnGuard(guard: Guard | undefined, slot: number): void {
  forgetStack(slot);
  // A guard beyond the limit is dropped: its slot is closed when it is collected.
  if (spares === MOST_SPARE_GUARDS) return;
  spareGuards[spares] = guard;
  spareSlots[spares] = slot;
  spares++;
}

function makeGuard(): void {
  const guard = new Guard();
  const slot = openSlot(guard);
  if (slot < 0) throw gpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  returnGuard(guard, slot);
}

/** Opens a slot for a guard, for its whole life. Returns -1 without memory. */
export function openSlot(guard: Guard): number {
  return native.openGuard(guards, guard);
}

/** Gives a new guard an allocation of a pool. Returns its slot; -1 if there is no such allocation. */
export function takeFromPool(guard: Guard, pool: number, index: number, generation: number): number {
  return native.takeFromPool(guards, guard, pool, index, generation);
}

/** Gives a new guard the list at this place of a group. Returns its slot; -1 if there is no list. */
export function takeFromGroup(guard: Guard, group: number, place: number): number {
  return native.takeFromGroup(guards, guard, group, place);
}

/** Represents a native group of lists, as a guard represents a slot. */
export class GroupGuard {
  /** Slot of the group. */
  readonly number: number;

  constructor() {
    this.number = native.openGroup(groups, this);
    if (this.number < 0) throw gpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  }
}

const MOST_SPARE_GROUPS = 64;

const groups = new FinalizationRegistry(abandonGroup);

/** Guards whose groups are empty. */
const spareGroups: GroupGuard[] = [];

/**
 * Returns a guard with an empty group. Its lists are freed when the guard is collected, except those that have been taken out of
 * the group by then.
 */
export function takeGroup(): GroupGuard {
  return spareGroups.pop() ?? new GroupGuard();
}

/**
 * Frees the lists of a group, and adds its guard, which nobody else may hold, to the spare ones. Returns the status; if it `counts`,
 * `native.emptied` tells more.
 */
export function returnGroup(guard: GroupGuard, how: native.Closing, counts = false): number {
  const status = native.emptyGroup(guard.number, how, counts);
  if (spareGroups.length < MOST_SPARE_GROUPS) spareGroups.push(guard);
  return status;
}
