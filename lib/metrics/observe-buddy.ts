/** Metrics of an allocator, from counters that are kept natively. */
import type { Attributes, Meter } from '@opentelemetry/api';
import type { Bytes, GpuBuddy } from 'gpu-buddy';
import type { Allocator } from '../allocator';
import { allocatorOf } from '../gpu-buddy';
import * as native from '../native';
import { makeInstruments, type Instruments } from './instruments';
import { observe, toAttributes, toMeter, type Observation, type Observe } from './observation';

/** The observations of an allocator in this thread: the first one observes. */
const observations = new WeakMap<Allocator, Set<object>>();

/**
 * Observes an allocator, whenever a reader of the meter collects: how its memory is used, how far it has fallen apart, allocations,
 * failures, and what the garbage collector had to free. docs/guide/watching.md lists the metrics.
 *
 * What all threads do is counted, so one of them observes: where a second one observes the same allocator, or the same thread does again,
 * that observes nothing until the first one has ended, or its thread. Ends with the `GpuBuddy` object.
 *
 * @param attributes are given to each metric, beside `gpu_buddy.name`, the `name` of the allocator if it has one
 * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
 */
export function observeBuddy(meter: Meter, buddy: GpuBuddy<Bytes>, attributes?: Attributes): Observation {
  const to = toMeter(meter);
  const allocator = allocatorOf(buddy);
  allocator.assertUsable('gpu_buddy');
  const instruments = makeInstruments(to);
  const beside = observations.get(allocator) ?? new Set();
  const self = {};
  const { name } = allocator;
  const observation = observe(
    to,
    Object.values(instruments),
    { ...(name !== undefined && { 'gpu_buddy.name': name }), ...toAttributes(attributes) },
    (tell) => {
      const [first] = beside;
      if (first !== self) return;
      const found = native.observe(allocator.handle);
      // Not inside the callback: the SDK is walking along all of them.
      if (found === native.DISPOSED)
        queueMicrotask(() => {
          observation.dispose();
        });
      if (typeof found === 'object') tellAll(instruments, found, tell);
    },
    () => {
      beside.delete(self);
      if (beside.size === 0) native.endObservation(allocator.handle);
    },
  );
  observations.set(allocator, beside.add(self));
  return observation;
}

/** Each byte is in one state: free ones that are reserved are not told of as clear. */
function tellAll(to: Instruments, found: native.Observed, tell: Observe): void {
  const { size, avail, largestFree, largestPossible } = found;
  const open = avail - found.reserved;
  const clear = Math.min(found.clearAvail, open);
  tell(to.usage, size - avail, { state: 'used' });
  tell(to.usage, open - clear, { state: 'free' });
  tell(to.usage, clear, { state: 'clear' });
  tell(to.usage, found.reserved, { state: 'reserved' });
  tell(to.limit, size);
  tell(to.largestFree, largestFree);
  tell(to.fragmentation, largestPossible === 0 ? 0 : 1 - largestFree / largestPossible);
  tell(to.lists, found.lists);
  tell(to.allocations, found.allocations);
  for (const [reason, count] of Object.entries(found.failures)) tell(to.failures, count, { reason });
  tell(to.reclaimedLists, found.reclaimedLists);
  tell(to.reclaimedSize, found.reclaimedBytes);
}
