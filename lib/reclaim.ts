/**
 * Frees the lists whose guards the collector has found, in slices of a few milliseconds, and tells the diagnostics channel
 * `gpu-buddy:reclaimed` of them.
 *
 * The numbers of what is to be closed stand in typed arrays, and the addon puts 0 in place of each in the step that closes it:
 * whoever is stopped between that step and the next does not close it again.
 */
import { channel } from 'node:diagnostics_channel';
import { hrtime } from 'node:process';
import { areStacksNoted, groupStack, noteGroupStack, takePoolStack, takeStack } from './allocation-stacks';
import { setImmediate } from './event-loop';
import * as native from './native';

/** The message of the diagnostics channel `gpu-buddy:reclaimed` for a list, or a whole pool, that the garbage collector had to free. */
export interface ReclaimedMessage {
  /** Bytes in all of its blocks: exact for a list, even above 2^53. */
  readonly size: number;
  /** The stack of its allocation, or of `pool()`, if the allocator was made with `captureStacks`. */
  readonly stack: string | undefined;
}

const NANOSECONDS_PER_SLICE = 4e6;
const LISTS_BETWEEN_LOOKS = 32;

const reclaimed = channel('gpu-buddy:reclaimed');

/** Numbers that the addon takes one by one, from the last on. Each has 1 added, and is 0 once it is taken. */
class Numbers {
  memory = new Uint32Array(1024);
  length = 0;

  push(number: number): void {
    if (this.length === this.memory.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.memory);
      this.memory = larger;
    }
    this.memory[this.length] = number + 1;
    this.length++;
  }

  /** Is -1 once it has been taken. */
  get last(): number {
    return (this.memory[this.length - 1] ?? 0) - 1;
  }
}

/** Slots of collected guards. */
const slots = new Numbers();
/** Groups of collected guards, and collected pools. */
const groups = new Numbers();
const pools = new Numbers();

/** Bytes that have been freed of pools that are not at their end. Others may be collected meanwhile, and come first. */
const freedBytes = new Map<number, number>();

/** Called by the collector for a guard. It calls this for all guards at once, however many: this must be quick. */
export function abandonSlot(slot: number): void {
  slots.push(slot);
  noteAbandoned();
}

/** Called by the collector for the guard of a group. */
export function abandonGroup(group: number): void {
  groups.push(group);
  noteAbandoned();
}

/** Called by the collector for a pool. */
export function abandonPool(pool: number): void {
  if (freedBytes.size) freedBytes.delete(pool);
  pools.push(pool);
  noteAbandoned();
}

function waiting(): number {
  return slots.length + groups.length + pools.length;
}

/**
 * Schedules a slice if none is scheduled, and again whenever there are twice as many numbers: a slice may be lost if timers are
 * faked.
 */
function noteAbandoned(): void {
  if (!isSliceToCome || isPowerOfTwo(waiting())) scheduleSlice();
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/** The last scheduled slice; earlier ones are not needed any more. */
let lastSlice = 0;
let isSliceToCome = false;

function scheduleSlice(): void {
  lastSlice = (lastSlice + 1) | 0;
  setImmediate(reclaimSlice, lastSlice);
  isSliceToCome = true;
}

function reclaimSlice(slice: number): void {
  if (slice !== lastSlice) return;
  isSliceToCome = false;
  const begin = hrtime();
  try {
    while (waiting() !== 0 && isWithinSlice(begin)) reclaimSome();
  } finally {
    if (waiting() !== 0) scheduleSlice();
  }
}

/** Uses the clock that needs no loading: node:perf_hooks takes a millisecond of `require('gpu-buddy')`. */
function isWithinSlice(begin: [number, number]): boolean {
  const [seconds, nanoseconds] = hrtime(begin);
  return seconds === 0 && nanoseconds < NANOSECONDS_PER_SLICE;
}

/**
 * Frees all lists known to be collected, at once. Tells whether there were any. Calls no code of the program:
 * the event loop tells subscribers.
 */
export function reclaimAll(): boolean {
  if (waiting() === 0) return false;
  while (waiting() !== 0) reclaimSome();
  return true;
}

function reclaimSome(): void {
  if (groups.length !== 0) reclaimGroup();
  else if (pools.length !== 0) reclaimPool();
  else if (reclaimed.hasSubscribers || areStacksNoted()) reclaimList();
  else reclaimLists();
}

function reclaimLists(): void {
  const first = Math.max(0, slots.length - LISTS_BETWEEN_LOOKS);
  native.closeGuards(slots.memory, first, slots.length);
  slots.length = first;
}

function reclaimList(): void {
  const first = slots.length - 1;
  const stack = takeStack(slots.last);
  const bytes = native.closeGuards(slots.memory, first, slots.length, true);
  slots.length = first;
  addMessage(bytes, stack);
}

/** Closes some lists of the last group, as there may be very many. The last list closes the group. */
function reclaimGroup(): void {
  const tells = reclaimed.hasSubscribers;
  const group = groups.last;
  const stack = groupStack(group);
  const most = tells ? 1 : LISTS_BETWEEN_LOOKS;
  const bytes = native.closeSomeOfGroup(groups.memory, groups.length - 1, most, tells);
  if (groups.last < 0) {
    groups.length--;
    noteGroupStack(group, undefined);
  }
  addMessage(bytes, stack);
}

/** Frees some allocations of the last pool, which is told of as one. The last allocation closes the pool. */
function reclaimPool(): void {
  const tells = reclaimed.hasSubscribers;
  const pool = pools.last;
  const freed = native.closeSomeOfPool(pools.memory, pools.length - 1, LISTS_BETWEEN_LOOKS, tells);
  const bytes = (freedBytes.get(pool) ?? 0) + freed;
  if (pools.last >= 0) {
    if (bytes !== 0) freedBytes.set(pool, bytes);
    return;
  }
  pools.length--;
  freedBytes.delete(pool);
  addMessage(bytes, takePoolStack(pool));
}

/** Messages for the subscribers of the channel. */
const messages: ReclaimedMessage[] = [];

function addMessage(bytes: number, stack: string | undefined): void {
  if (bytes === 0 || !reclaimed.hasSubscribers) return;
  messages.push({ size: bytes, stack });
  if (isPowerOfTwo(messages.length)) setImmediate(publish);
}

/** Publishes the messages that exist now. Subscribers may allocate, which may reclaim more lists: those are told of in the next turn. */
function publish(): void {
  const ready = messages.splice(0);
  for (const message of ready) reclaimed.publish(message);
}
