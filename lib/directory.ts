/**
 * The allocators of this thread that tokens can stand for, so that every list that arrives for one of them comes to the
 * same `GpuBuddy`: one that gives out numbers, and one that gives out bigints.
 */
import type { GpuBuddy } from './gpu-buddy';
import type { Bytes } from './native';
import type { GpuBuddyToken } from './tokens';

type Open = (token: GpuBuddyToken, isBigint: boolean) => GpuBuddy<Bytes>;

let open: Open | undefined;
const known = new Map<string, WeakRef<GpuBuddy<Bytes>>>();
const collected = new FinalizationRegistry(forget);

function keyOf(id: string, isBigint: boolean): string {
  return isBigint ? `${id}n` : id;
}

/** Is told by the collector of an allocator that had this key. */
function forget(key: string): void {
  if (!known.get(key)?.deref()) known.delete(key);
}

/** Tells how an allocator of another thread is opened. */
export function setOpen(how: Open): void {
  open = how;
}

export function remember(id: string, buddy: GpuBuddy<Bytes>, isBigint: boolean): void {
  const key = keyOf(id, isBigint);
  if (find(key)) return;
  // First: what is in the map goes when the object does.
  collected.register(buddy, key);
  known.set(key, new WeakRef(buddy));
}

function find(key: string): GpuBuddy<Bytes> | undefined {
  const buddy = known.get(key)?.deref();
  return buddy?.disposed ? undefined : buddy;
}

/** This thread's allocator that a token stands for; opened where it has none yet. */
export function findOrOpen(token: GpuBuddyToken, isBigint: boolean): GpuBuddy<Bytes> {
  const buddy = find(keyOf(token.id, isBigint)) ?? open?.(token, isBigint);
  if (!buddy) throw new Error('lib/gpu-buddy-class.ts is not loaded');
  return buddy;
}
