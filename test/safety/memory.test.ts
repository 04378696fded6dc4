// Memory of the process: what V8 knows of native memory, and how little a pool needs.

import { describe, expect, test } from '@jest/globals';
import { measured, runProgram } from '../support/built-package';

describe('V8', () => {
  interface Pressure {
    readonly nativeBytes: number;
    readonly growth: number;
    readonly collections: number;
  }

  async function pressure(argument: 'drop' | 'dispose'): Promise<Pressure> {
    const { code, answer } = await runProgram('pressure.cjs', { argument, env: measured });
    expect(code).toBe(0);
    expect(answer).toMatchObject({ nativeBytes: expect.any(Number) });
    return answer as Pressure;
  }

  // process.memoryUsage().external tells nothing: in Node 20 it counts array buffers only.
  test('knows of native memory: it collects allocators that are dropped before they add up', async () => {
    const { nativeBytes, growth, collections } = await pressure('drop');
    expect(nativeBytes).toBeGreaterThan(480e6);
    expect(growth).toBeLessThan(300e6);
    expect(collections).toBeGreaterThan(2);
  }, 60_000);

  test('is told when native memory is given back: it has no reason to collect after dispose()', async () => {
    const { nativeBytes, growth, collections } = await pressure('dispose');
    expect(nativeBytes).toBeGreaterThan(480e6);
    expect(growth).toBeLessThan(100e6);
    expect(collections).toBeLessThan(3);
  }, 60_000);
});

test('a pool ends a million allocations where it began, and leaves the collector nothing to do', async () => {
  const { code, answer } = await runProgram('pool-loop.cjs', { env: measured });
  expect(code).toBe(0);
  const {
    growth,
    collections,
    length,
    isWhole: whole,
  } = answer as {
    growth: Record<'heapUsed' | 'external' | 'arrayBuffers' | 'rss' | 'nativeBytes', number>;
    collections: number;
    length: number;
    isWhole: boolean;
  };
  expect([length, whole, growth.nativeBytes, growth.arrayBuffers]).toEqual([100, true, 0, 0]);
  expect(growth.heapUsed).toBeLessThan(200_000);
  expect(growth.external).toBeLessThan(100_000);
  expect(growth.rss).toBeLessThan(30e6);
  // Handles above 2^31 are numbers on the heap, which die young.
  expect(collections).toBeLessThan(100);
});
