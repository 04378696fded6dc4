// Times the allocator inside a booted kernel. For the project's benchmark, too, which puts the kernel beside us.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withTempFolder } from '../../scripts/linux/temp.mjs';
import { readLines } from './files.mjs';
import { bootFor } from './linux/boot.mjs';

/**
 * @typedef {object} State
 * @property {string} state empty, packed, checkerboard or churn: see oracle/kernel/bench.c
 * @property {number} live blocks
 * @property {number[]} rounds nanoseconds of one allocation and its freeing, round by round
 * @property {number} median
 * @property {number} lowest
 * @property {number} highest
 */

/** @param {import('./linux/kernel.mjs').Kernel} kernel */
export async function benchKernel({ program, version }) {
  const lines = await withTempFolder(join(tmpdir(), 'gpu-buddy-bench-'), async (folder) => {
    await bootFor(program, folder, { bench: 'result' });
    return readLines(join(folder, 'result'));
  });
  return {
    kernel: `Linux ${version}, User-Mode Linux`,
    space: 2 ** 40,
    blockSize: 4096,
    states: statesOf(lines),
  };
}

/** @param {string[]} lines of the kernel's result @returns {State[]} */
export function statesOf(lines) {
  /** @type {Map<string, number[]>} */
  const rounds = new Map();
  for (const line of lines) {
    const [state, live, pairs, time] = line.split(' ');
    const key = `${state} ${live}`;
    rounds.set(key, [...(rounds.get(key) ?? []), Number((Number(time) / Number(pairs)).toFixed(1))]);
  }
  return [...rounds].map(([key, times]) => {
    const [state, live] = key.split(' ');
    const sorted = times.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1];
    return {
      state,
      live: Number(live),
      rounds: times,
      median,
      lowest: sorted[0],
      highest: sorted[sorted.length - 1],
    };
  });
}
