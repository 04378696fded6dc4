/**
 * The allocators of this thread that tokens can stand for, so that every list that arrives for one of them comes to the
 * same `GpuBuddy`: one that gives out numbers, and one that gives out bigints.
 */
import type { Allocator } from './allocator';

const known = new Map<string, WeakRef<Allocator>>();
const collected = new FinalizationRegistry(forget);

function keyOf(id: string, isBigint: boolean): string {
  return isBigint ? `${id}n` : id;
}

/** Called by the collector for an allocator that had this key. */
function forget(key: string): void {
  if (!known.get(key)?.deref()) known.delete(key);
}

/** Notes the ID of an allocator's token. */
export function remember(allocator: Allocator, id: string): void {
  const { isBigint } = allocator.space;
  allocator.setId(id);
  if (findAllocator(id, isBigint)) return;
  const key = keyOf(id, isBigint);
  // Done first: an entry of the map goes with its object.
  collected.register(allocator, key);
  known.set(key, new WeakRef(allocator));
}

/** Finds this thread's allocator of a token, if it has one. */
export function findAllocator(id: string, isBigint: boolean): Allocator | undefined {
  const allocator = known.get(keyOf(id, isBigint))?.deref();
  return allocator?.isDisposed ? undefined : allocator;
}
