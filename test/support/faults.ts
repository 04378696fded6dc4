/** Provokes what the kernel code never does by itself. Imported first: it decides which addon is loaded. */
import './test-addon';
import type { GpuBuddy } from 'gpu-buddy';
import { allocatorOf } from '../../lib/gpu-buddy';
import * as native from '../../lib/native';

/** The kernel code meets a BUG in this allocator, now. */
export function provokeBug(buddy: GpuBuddy): void {
  const status = native.inject(allocatorOf(buddy).handle, { kind: 'bug' });
  if (status !== native.POISONED) throw new Error(`The BUG had no effect: status ${status}.`);
}

/** The kernel code meets a WARN in this allocator, now. */
export function provokeWarning(buddy: GpuBuddy): void {
  const status = native.inject(allocatorOf(buddy).handle, { kind: 'warning' });
  if (status !== native.OK) throw new Error(`The WARN did more than warn: status ${status}.`);
}

/** The allocator's bookkeeping fails to get memory the nth time from now on, once or for good. */
export function failMemory(buddy: GpuBuddy, nth: number, times: 'once' | 'from then on'): void {
  native.inject(allocatorOf(buddy).handle, {
    kind: 'out of memory',
    nth,
    fromThenOn: times === 'from then on',
  });
}

export function healMemory(buddy: GpuBuddy): void {
  failMemory(buddy, 0, 'once');
}
