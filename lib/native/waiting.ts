/** The addon's event count, and those who want to be told when it rises. */
import { calls, type Waker } from './addon';
import { numbers, putHandle, result, seal, status } from './mailbox';
import type { Handle } from './values';

export type { Waker } from './addon';

/** The wakers of all copies of this module in an environment, by the slots of their handles; those of journals from `READERS` on. */
export const wakers = (calls.wakers ??= new Map<number, Waker>());

export function wakeSlot(slot: number): void {
  wakers.get(slot)?.wake();
}

/** Reads how often bytes have become free: see `epochFound()`. */
export function readEpoch(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.epoch();
  return status();
}

/** The same, and has the waker of this slot told of the next free, once; `keepsAlive`: the event loop goes on until then. */
export function wait(allocator: Handle, keepsAlive: boolean): number {
  putHandle(allocator);
  numbers[2] = keepsAlive ? 1 : 0;
  seal();
  calls.wait(wakeSlot);
  return status();
}

export function epochFound(): number {
  return result(0);
}

/** Takes back what `wait()` asked for. */
export function endWait(allocator: Handle): void {
  putHandle(allocator);
  seal();
  calls.endWait();
}
