/**
 * The allocators of this thread that tokens can stand for, so that every list that arrives for one of them comes to the
 * same `GpuBuddy`.
 */
import type { GpuBuddy } from './gpu-buddy';
import type { GpuBuddyToken } from './tokens';

type Open = (token: GpuBuddyToken) => GpuBuddy;

let open: Open | undefined;
const known = new Map<string, WeakRef<GpuBuddy>>();
const collected = new FinalizationRegistry(forget);

/** Is told by the collector of an allocator that had this ID. */
function forget(id: string): void {
  if (!known.get(id)?.deref()) known.delete(id);
}

/** Tells how an allocator of another thread is opened. */
export function setOpen(how: Open): void {
  open = how;
}

export function remember(id: string, buddy: GpuBuddy): void {
  if (find(id)) return;
  // First: what is in the map goes when the object does.
  collected.register(buddy, id);
  known.set(id, new WeakRef(buddy));
}

function find(id: string): GpuBuddy | undefined {
  const buddy = known.get(id)?.deref();
  return buddy?.disposed ? undefined : buddy;
}

/** This thread's allocator that a token stands for; opened where it has none yet. */
export function findOrOpen(token: GpuBuddyToken): GpuBuddy {
  const buddy = find(token.id) ?? open?.(token);
  if (!buddy) throw new Error('lib/gpu-buddy.ts is not loaded');
  return buddy;
}
