/** Remembers where lists were allocated, for allocators that were made with `captureStacks`. */

const ofLists = new Map<number, string>();
const ofGroups = new Map<number, string>();
const ofPools = new Map<number, string>();

/** Returns the stack of the caller of `allocBlocks()`, without the library's own frames. */
export function captureStack(frames = 3): string {
  const place: { stack?: unknown } = {};
  Error.captureStackTrace(place, captureStack);
  // Removes the first line. Error.prepareStackTrace() may have made anything of the stack.
  return String(place.stack)
    .split('\n')
    .slice(1 + frames)
    .join('\n');
}

/** Notes where the list in a guard was allocated. */
export function noteStack(slot: number, stack: string): void {
  ofLists.set(slot, stack);
}

/** Forgets where the list in a guard was allocated. */
export function forgetStack(slot: number): void {
  if (ofLists.size) ofLists.delete(slot);
}

/** Returns where the list in a guard was allocated, if that was noted, and forgets it. */
export function takeStack(slot: number): string | undefined {
  const stack = ofLists.get(slot);
  ofLists.delete(slot);
  return stack;
}

/** Whether the stack of any list is noted. */
export function areStacksNoted(): boolean {
  return ofLists.size !== 0;
}

/** Notes where all lists of a group were allocated; `undefined` forgets what was noted of an earlier group of this number. */
export function noteGroupStack(group: number, stack: string | undefined): void {
  if (stack !== undefined) ofGroups.set(group, stack);
  else if (ofGroups.size) ofGroups.delete(group);
}

export function groupStack(group: number): string | undefined {
  return ofGroups.get(group);
}

/** Notes where a pool was made; `undefined` forgets what was noted of an earlier pool of this number. */
export function notePoolStack(pool: number, stack: string | undefined): void {
  if (stack !== undefined) ofPools.set(pool, stack);
  else if (ofPools.size) ofPools.delete(pool);
}

/** Returns where a pool was made, if that was noted, and forgets it. */
export function takePoolStack(pool: number): string | undefined {
  const stack = ofPools.get(pool);
  ofPools.delete(pool);
  return stack;
}
