/** Groups, which hold the lists of batches. */
import { calls, layout, register, type Registry } from './addon';
import { numbers, result, seal, status } from './mailbox';
import { OK } from './constants';

/** Opens an empty group of lists that is the guard's, whose end the registry tells by the number of the group. -1 without memory. */
export function openGroup(registry: Registry, guard: object): number {
  seal();
  calls.openGroup(register, registry, guard);
  return status() === OK ? result(0) : -1;
}

/** How lists are freed: as what `gpu_buddy_free_list()` is told, or as if they had never been allocated. */
const CLOSINGS = { dirty: layout.closeDirty, cleared: layout.closeCleared, undone: layout.closeUndone };
export type Closing = keyof typeof CLOSINGS;

/** Frees all lists of a group, the last one first. The group is empty then. If it `counts`, `emptied` tells what it has freed. */
export function emptyGroup(group: number, how: Closing, counts: boolean): number {
  numbers[0] = group;
  numbers[1] = CLOSINGS[how];
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.emptyGroup();
  return status();
}

class EmptiedReport {
  get bytes(): number {
    return result(0);
  }
  get lists(): number {
    return result(1);
  }
}

/** The outcome of the last call of emptyGroup. */
export const emptied = new EmptiedReport();

/**
 * Frees some lists of a group whose guard has been collected, and the group with the last one: then its number is 0. Returns the
 * bytes that were freed, if `counts`.
 *
 * @param groups each with 1 added, 0 for none
 */
export function closeSomeOfGroup(groups: Uint32Array, place: number, most: number, counts: boolean): number {
  numbers[0] = place;
  numbers[1] = most;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeSomeOfGroup(groups);
  return result(0);
}

/**
 * Takes a list out of a group, into a native guard for the object, as openGuard() makes it: its slot. -1 where there is none.
 * The list is told of in `list`.
 */
export function takeFromGroup(registry: Registry, guard: object, group: number, place: number): number {
  numbers[0] = group;
  numbers[1] = place;
  seal();
  calls.takeFromGroup(register, registry, guard);
  return status() === OK ? result(3) : -1;
}
