// observeQueue(): metrics of an AllocQueue, read by OpenTelemetry's own SDK.

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_4K, SZ_8K } from 'gpu-buddy';
import { observeQueue } from 'gpu-buddy/metrics';
import { AllocQueue } from 'gpu-buddy/queue';
import { thrownBy } from '../support/allocator-state';
import { Telemetry } from './collect';

let telemetry: Telemetry;

beforeEach(() => {
  telemetry = new Telemetry();
});
afterEach(() => telemetry.end());

test('a queue tells who waits, and how long waits took, in seconds', async () => {
  const buddy = new GpuBuddy({ size: SZ_8K });
  const queue = new AllocQueue(buddy);
  const observation = observeQueue(telemetry.meter, queue, { queue: 'leases' });
  const held = await queue.alloc(SZ_8K);
  const waits = [queue.alloc(SZ_4K), queue.alloc(SZ_4K)];
  const found = await telemetry.collect();
  expect(found).toEqual({
    'gpu_buddy.queue.waiting.requests': {
      unit: '{request}',
      isMonotonic: false,
      values: { '{"queue":"leases"}': 2 },
    },
    'gpu_buddy.queue.waiting.size': {
      unit: 'By',
      isMonotonic: false,
      values: { '{"queue":"leases"}': SZ_8K },
    },
    'gpu_buddy.queue.waits': { unit: '{wait}', isMonotonic: true, values: { '{"queue":"leases"}': 0 } },
    'gpu_buddy.queue.wait.time': { unit: 's', isMonotonic: true, values: { '{"queue":"leases"}': 0 } },
  });
  held.free();
  await Promise.all(waits);
  const { waitTime } = queue.stats();
  expect([
    await telemetry.read('gpu_buddy.queue.waiting.requests'),
    await telemetry.read('gpu_buddy.queue.waits'),
    await telemetry.read('gpu_buddy.queue.wait.time'),
  ]).toEqual([0, 2, waitTime / 1000]);
  observation.dispose();
  await queue.alloc(SZ_4K, { timeout: 1 }).catch(() => undefined);
  expect(queue.stats().waits).toBe(3);
  expect(await telemetry.read('gpu_buddy.queue.waits')).toBe(2);
});

test('wrong arguments are refused', () => {
  const queue = new AllocQueue(new GpuBuddy({ size: SZ_4K }));
  const refusal = (...args: readonly unknown[]) =>
    thrownBy(() => (observeQueue as (...args: unknown[]) => unknown)(...args));
  for (const args of [[], [{}, queue], [telemetry.meter], [telemetry.meter, {}], [telemetry.meter, queue, 7]])
    expect(refusal(...args)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
});
