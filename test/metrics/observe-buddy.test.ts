// observeBuddy(): metrics of an allocator, read by OpenTelemetry's own SDK.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { GpuBuddy, SZ_16K, SZ_1M, SZ_4K, SZ_64K, SZ_8K } from 'gpu-buddy';
import { observeBuddy } from 'gpu-buddy/metrics';
import { SZ_12K, SZ_20K, thrownBy } from '../support/allocator-state';
import { collectUntil, drop } from '../support/collector';
import { Telemetry } from './collect';

let telemetry: Telemetry;

beforeEach(() => {
  telemetry = new Telemetry();
});
afterEach(() => telemetry.end());

const read = (name: string, key?: string) => telemetry.read(`gpu_buddy.${name}`, key);

describe('observeBuddy()', () => {
  test('tells of names and units as the semantic conventions have them', async () => {
    observeBuddy(telemetry.meter, new GpuBuddy({ size: SZ_1M }));
    const found = await telemetry.collect();
    expect(
      Object.fromEntries(
        Object.entries(found).map(([name, { unit, isMonotonic }]) => [name, [unit, isMonotonic]]),
      ),
    ).toEqual({
      'gpu_buddy.memory.usage': ['By', false],
      'gpu_buddy.memory.limit': ['By', false],
      'gpu_buddy.memory.largest_free': ['By', undefined],
      'gpu_buddy.memory.fragmentation': ['1', undefined],
      'gpu_buddy.lists': ['{list}', false],
      'gpu_buddy.allocations': ['{allocation}', true],
      'gpu_buddy.allocation.failures': ['{allocation}', true],
      'gpu_buddy.reclaimed.lists': ['{list}', true],
      'gpu_buddy.reclaimed.size': ['By', true],
    });
    for (const name of Object.keys(found)) expect(name).not.toContain('total');
  });

  test('counts each byte in one state', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    observeBuddy(telemetry.meter, buddy);
    expect(await read('memory.usage', 'state')).toEqual({ used: 0, free: SZ_1M, clear: 0, reserved: 0 });
    buddy.allocBlocks(SZ_64K);
    buddy.allocBlocks(SZ_16K).free({ cleared: true });
    const account = buddy.account({ reserved: SZ_8K });
    expect(await read('memory.usage', 'state')).toEqual({
      used: SZ_64K,
      free: SZ_1M - SZ_64K - SZ_16K - SZ_8K,
      clear: SZ_16K,
      reserved: SZ_8K,
    });
    buddy.allocBlocks(SZ_4K, { account });
    buddy.resetClear(true);
    expect(await read('memory.usage', 'state')).toEqual({
      used: SZ_64K + SZ_4K,
      free: 0,
      clear: SZ_1M - SZ_64K - SZ_8K,
      reserved: SZ_4K,
    });
    expect(await read('memory.limit')).toBe(SZ_1M);
  });

  test('tells how far the free memory has fallen apart', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    observeBuddy(telemetry.meter, buddy);
    const lists = buddy.allocMany(256, SZ_4K);
    expect([await read('memory.largest_free'), await read('memory.fragmentation')]).toEqual([0, 0]);
    for (const list of lists.filter((_, index) => index % 2)) list.free();
    const { largestFree, fragmentation } = buddy;
    expect([await read('memory.largest_free'), await read('memory.fragmentation')]).toEqual([
      largestFree,
      fragmentation,
    ]);
    expect(fragmentation).toBeGreaterThan(0.9);
  });

  test('counts allocations, and what is held, whatever holds it', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    observeBuddy(telemetry.meter, buddy);
    const pool = buddy.pool();
    const counts = async () => [await read('allocations'), await read('lists')];
    const list = buddy.allocBlocks(SZ_20K);
    pool.free(pool.alloc(SZ_4K));
    pool.alloc(SZ_4K);
    const batch = buddy.batch();
    batch.free(batch.alloc(SZ_8K));
    batch.alloc(SZ_8K);
    const result = batch.run();
    expect(await counts()).toEqual([5, 3]);
    list.append(buddy.claim([{ offset: 0, order: 0 }]));
    expect(await counts()).toEqual([6, 3]);
    while (list.length) list.freeBlock(0);
    expect(await counts()).toEqual([6, 2]);
    list.append(buddy.allocBlocks(SZ_16K));
    list.trim(SZ_12K);
    list.tryExtend(SZ_4K);
    expect(await counts()).toEqual([7, 3]);
    const token = list.park();
    expect(await counts()).toEqual([7, 3]);
    expect(token.type).toBe('AllocatedBlocks');
    buddy.freeAll();
    result.free();
    expect(await counts()).toEqual([7, 0]);
  });

  test('counts failures by reason, and what was taken back', async () => {
    const buddy = new GpuBuddy({ size: SZ_64K, maxSteps: 0 });
    const account = buddy.account({ limit: SZ_8K, reserved: SZ_8K });
    observeBuddy(telemetry.meter, buddy);
    const nothing = { limit: 0, full: 0, reserved: 0, range: 0, fragmented: 0, memory: 0, work_limit: 0 };
    expect(await read('allocation.failures', 'reason')).toEqual(nothing);
    const lists = buddy.allocMany(14, SZ_4K);
    expect(thrownBy(() => buddy.allocBlocks(SZ_64K))).toMatchObject({ reason: 'full' });
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    expect(buddy.tryAllocBlocks(SZ_16K, { account })).toBeNull();
    for (const list of lists.filter((_, index) => index % 2)) list.free();
    expect(thrownBy(() => buddy.allocBlocks(SZ_16K, { contiguous: true }))).toMatchObject({
      reason: 'fragmented',
    });
    expect(await read('allocation.failures', 'reason')).toMatchObject({
      limit: 1,
      full: 1,
      reserved: 1,
      fragmented: 1,
    });
    expect(thrownBy(() => buddy.allocMany(3, SZ_16K))).toMatchObject({ code: 'ENOSPC' });
    expect(await read('lists')).toBe(7);
  });

  test('counts what the garbage collector had to free, and nothing else', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    observeBuddy(telemetry.meter, buddy);
    drop(buddy, SZ_4K, SZ_20K);
    buddy.allocBlocks(SZ_64K).free();
    (() => {
      const pool = buddy.pool();
      pool.alloc(SZ_8K);
      const batch = buddy.batch();
      batch.alloc(SZ_16K);
      batch.run();
    })();
    await collectUntil('all is free', () => buddy.isEmpty);
    expect([await read('reclaimed.lists'), await read('reclaimed.size')]).toEqual([
      4,
      SZ_4K + SZ_20K + SZ_8K + SZ_16K,
    ]);
  });

  test('gives the attributes, and the name of the allocator', async () => {
    const [plain, named] = [new GpuBuddy({ size: SZ_4K }), new GpuBuddy({ size: SZ_8K, name: 'vram 0' })];
    observeBuddy(telemetry.meter, plain, { host: 'a' });
    observeBuddy(telemetry.meter, named, { host: 'b' });
    const { values } = (await telemetry.collect())['gpu_buddy.memory.limit'] ?? {};
    expect(values).toEqual({
      '{"host":"a"}': SZ_4K,
      '{"gpu_buddy.name":"vram 0","host":"b"}': SZ_8K,
    });
  });

  test('tells bigints as numbers', async () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    observeBuddy(telemetry.meter, buddy);
    expect(await read('memory.limit')).toBe(2 ** 60);
  });
});

describe('an observation', () => {
  beforeEach(() => {
    telemetry = new Telemetry(AggregationTemporality.DELTA);
  });

  test('ends with dispose(), and with its allocator object', async () => {
    const [one, two] = [new GpuBuddy({ size: SZ_4K }), new GpuBuddy({ size: SZ_8K })];
    const observation = observeBuddy(telemetry.meter, one, { number: 1 });
    observeBuddy(telemetry.meter, two, { number: 2 });
    const numbers = async () => Object.keys((await read('memory.limit', 'number')) as object);
    expect(await numbers()).toEqual(['1', '2']);
    observation.dispose();
    observation[Symbol.dispose]();
    expect(await numbers()).toEqual(['2']);
    two.dispose();
    expect(await numbers()).toEqual([]);
  });

  test('observes nothing while another one observes the same allocator', async () => {
    const buddy = new GpuBuddy({ size: SZ_4K });
    const same = GpuBuddy.from(buddy.share(), { bigint: true });
    const observations = [
      observeBuddy(telemetry.meter, buddy, { number: 1 }),
      observeBuddy(telemetry.meter, buddy, { number: 2 }),
      observeBuddy(telemetry.meter, same, { number: 3 }),
    ];
    const numbers = async () => Object.keys((await read('memory.limit', 'number')) as object);
    for (const [index, observation] of observations.entries()) {
      expect(await numbers()).toEqual([String(index + 1)]);
      expect(await numbers()).toEqual([String(index + 1)]);
      observation.dispose();
    }
    expect(await numbers()).toEqual([]);
    observeBuddy(telemetry.meter, same, { number: 4 });
    same.dispose();
    observeBuddy(telemetry.meter, buddy, { number: 5 });
    expect(await numbers()).toEqual(['5']);
  });

  test('is refused with wrong arguments', () => {
    const buddy = new GpuBuddy({ size: SZ_4K });
    const refusal = (...args: readonly unknown[]) =>
      thrownBy(() => (observeBuddy as (...args: unknown[]) => unknown)(...args));
    for (const args of [
      [],
      [{}, buddy],
      [telemetry.meter],
      [telemetry.meter, {}],
      [telemetry.meter, buddy, 7],
    ])
      expect(refusal(...args)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    buddy.dispose();
    expect(refusal(telemetry.meter, buddy)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
  });
});
