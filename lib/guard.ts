/**
 * Frees the lists of blocks that nobody freed. A list's blocks stand in a native slot, and each slot belongs to a guard
 * for life. A list holds a guard, and nobody else does: when the list is collected, its guard is too, and the registry
 * sees to it that what is in the slot is freed. A list that is freed hands its guard on to the next one, so that the
 * registry, which is slow, has nothing to do as long as lists are freed by hand.
 */
import { channel } from 'node:diagnostics_channel';
import { hrtime } from 'node:process';
import { setImmediate } from 'node:timers';
import { GpuBuddyError } from './errors';
import * as native from './native';

/** Stands for a native slot that can hold one list after the other. Who holds it remembers the number of the slot. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the smallest object that a registry can watch
export class Guard {}

/** What the diagnostics channel `gpu-buddy:reclaimed` tells of a list that the garbage collector had to free. */
export interface ReclaimedMessage {
  /** Bytes in all of its blocks. */
  readonly size: bigint;
  /** Where it was allocated, if the allocator was made with `captureStacks`. */
  readonly stack: string | undefined;
}

const MOST_SPARE_GUARDS = 4096;
const NANOSECONDS_PER_SLICE = 4e6;
const SLOTS_BETWEEN_LOOKS = 32;

const reclaimed = channel('gpu-buddy:reclaimed');
const stacks = new Map<number, string>();
const registry = new FinalizationRegistry<number>(note);

/** Guards whose slots hold no list, and, at the same places, their slots: so that guards need not be looked at. */
const spareGuards = new Array<Guard | undefined>(MOST_SPARE_GUARDS).fill(undefined);
const spareSlots = new Int32Array(MOST_SPARE_GUARDS);
let spares = 0;

/** The slot of the guard that `takeGuard()` will give. */
export function spareSlot(): number {
  if (spares === 0) makeGuard();
  return spareSlots[spares - 1] ?? -1;
}

/** The guard of `spareSlot()`, once that slot holds a list. */
export function takeGuard(): Guard | undefined {
  const guard = spareGuards[--spares];
  spareGuards[spares] = undefined;
  return guard;
}

/** For a guard whose slot holds no list any more. */
export function returnGuard(guard: Guard, slot: number): void {
  if (stacks.size) stacks.delete(slot);
  // One too many is dropped, and its slot goes with it.
  if (spares === MOST_SPARE_GUARDS) return;
  spareGuards[spares] = guard;
  spareSlots[spares++] = slot;
}

function makeGuard(): void {
  const slot = native.openList();
  if (slot < 0) throw new GpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  returnGuard(guardOf(slot), slot);
}

/** A guard for a slot that has none. */
export function guardOf(slot: number): Guard {
  const guard = new Guard();
  registry.register(guard, slot);
  return guard;
}

/** Where the caller of `allocBlocks()` is, or of what else is called so many frames above. */
export function captureStack(frames = 3): string {
  const place: { stack?: unknown } = {};
  Error.captureStackTrace(place, captureStack);
  // Without the headline. Error.prepareStackTrace() may have made anything of it.
  return String(place.stack)
    .split('\n')
    .slice(1 + frames)
    .join('\n');
}

/** Notes where the list in a slot was allocated. */
export function noteStack(slot: number, stack: string): void {
  stacks.set(slot, stack);
}

/** Slots without guards, whose lists belong to one object together. */
export interface SlotGroup {
  /** The number of a slot, and 1; 0 for none. */
  readonly slots: Uint32Array;
  readonly stack: string | undefined;
}

const groups = new FinalizationRegistry<SlotGroup>(noteGroup);

/** What is in the slots is freed when the owner is collected, except what has been taken out of the group by then. */
export function watchGroup(owner: object, group: SlotGroup): void {
  groups.register(owner, group, owner);
}

export function unwatchGroup(owner: object): void {
  groups.unregister(owner);
}

/** Slots whose guards were collected. */
const abandoned: number[] = [];
const abandonedGroups: SlotGroup[] = [];
let sliceIsDue = false;

/** The collector tells of all guards in one stretch, however many there are: this must be quick. */
function note(slot: number): void {
  abandoned.push(slot);
  scheduleSlice();
}

function noteGroup(group: SlotGroup): void {
  abandonedGroups.push(group);
  scheduleSlice();
}

function scheduleSlice(): void {
  if (sliceIsDue) return;
  sliceIsDue = true;
  setImmediate(reclaimSlice);
}

function reclaimSlice(): void {
  // First: whatever may go wrong here, the lists to come are not lost for it.
  sliceIsDue = false;
  const begin = hrtime();
  do {
    for (let i = 0; i < SLOTS_BETWEEN_LOOKS && isAnyAbandoned(); i++) reclaim();
  } while (isAnyAbandoned() && isWithinSlice(begin));
  if (isAnyAbandoned()) scheduleSlice();
}

/** By the clock that needs no loading: node:perf_hooks takes a millisecond of `require('gpu-buddy')`. */
function isWithinSlice(begin: [number, number]): boolean {
  const [seconds, nanoseconds] = hrtime(begin);
  return seconds === 0 && nanoseconds < NANOSECONDS_PER_SLICE;
}

/** Frees at once all lists that are known to be collected. Tells whether there were any. */
export function reclaimAll(): boolean {
  if (!isAnyAbandoned()) return false;
  while (isAnyAbandoned()) reclaim();
  return true;
}

function isAnyAbandoned(): boolean {
  while (abandoned.length === 0 && abandonedGroups.length !== 0) abandonSomeOfGroup();
  return abandoned.length !== 0;
}

/** Makes slots of a group ones that are abandoned by themselves: some only, as there may be very many. */
function abandonSomeOfGroup(): void {
  const group = abandonedGroups.pop();
  if (!group) return;
  const { slots, stack } = group;
  for (const slot of slots.subarray(0, SLOTS_BETWEEN_LOOKS)) {
    if (slot === 0) continue;
    abandoned.push(slot - 1);
    if (stack !== undefined) noteStack(slot - 1, stack);
  }
  if (slots.length > SLOTS_BETWEEN_LOOKS)
    abandonedGroups.push({ slots: slots.subarray(SLOTS_BETWEEN_LOOKS), stack });
}

function reclaim(): void {
  const slot = abandoned.pop();
  if (slot === undefined) return;
  const bytes = native.closeList(slot, reclaimed.hasSubscribers);
  if (!stacks.size && !reclaimed.hasSubscribers) return;
  const stack = stacks.get(slot);
  stacks.delete(slot);
  if (!bytes || !reclaimed.hasSubscribers) return;
  const message: ReclaimedMessage = { size: BigInt(bytes), stack };
  reclaimed.publish(message);
}
