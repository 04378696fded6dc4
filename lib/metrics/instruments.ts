/** The metrics of an allocator: names, units, and what they mean. */
import type { Meter } from '@opentelemetry/api';

export type Instruments = ReturnType<typeof makeInstruments>;

export function makeInstruments(meter: Meter) {
  return {
    usage: meter.createObservableUpDownCounter('gpu_buddy.memory.usage', {
      description: 'Bytes of the space by state, each byte in one.',
      unit: 'By',
    }),
    limit: meter.createObservableUpDownCounter('gpu_buddy.memory.limit', {
      description: 'Bytes of the space.',
      unit: 'By',
    }),
    largestFree: meter.createObservableGauge('gpu_buddy.memory.largest_free', {
      description: 'Bytes of the largest free block.',
      unit: 'By',
    }),
    fragmentation: meter.createObservableGauge('gpu_buddy.memory.fragmentation', {
      description: 'How far the free memory has fallen apart, from 0 to 1.',
      unit: '1',
    }),
    lists: meter.createObservableUpDownCounter('gpu_buddy.lists', {
      description: 'Lists of blocks, and allocations of pools, that are held.',
      unit: '{list}',
    }),
    allocations: meter.createObservableCounter('gpu_buddy.allocations', {
      description: 'Allocations that succeeded, also those that were taken back.',
      unit: '{allocation}',
    }),
    failures: meter.createObservableCounter('gpu_buddy.allocation.failures', {
      description: 'Allocations that were refused, by reason.',
      unit: '{allocation}',
    }),
    reclaimedLists: meter.createObservableCounter('gpu_buddy.reclaimed.lists', {
      description: 'Lists, and allocations of pools, that the garbage collector had to free.',
      unit: '{list}',
    }),
    reclaimedSize: meter.createObservableCounter('gpu_buddy.reclaimed.size', {
      description: 'Bytes that the garbage collector had to free.',
      unit: 'By',
    }),
  };
}
