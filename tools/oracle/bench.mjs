// Times the allocator inside a booted kernel, in the states of kernel/bench.c.

import { join } from 'node:path';
import { withTempFolder } from '../folders.mjs';
import { readLines } from '../traces.mjs';
import { count } from './compare.mjs';
import { bootFor } from './linux/boot.mjs';

/**
 * @typedef {object} State
 * @property {string} state empty, packed, checkerboard or churn
 * @property {number} live blocks
 * @property {number[]} rounds nanoseconds of one allocation and its freeing, round by round
 * @property {number} median
 * @property {number} lowest
 * @property {number} highest
 */

/** @param {import('./linux/kernel.mjs').Kernel} kernel */
export async function benchKernel({ program, version }) {
  const lines = await withTempFolder(async (folder) => {
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

/** @param {string[]} lines `STATE LIVE PAIRS NANOSECONDS`, one a round @returns {State[]} */
function statesOf(lines) {
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
    return {
      state,
      live: Number(live),
      rounds: times,
      median: sorted[sorted.length >> 1],
      lowest: sorted[0],
      highest: sorted[sorted.length - 1],
    };
  });
}

/** @param {State[]} states */
export function benchTable(states) {
  /** @param {string[]} cells */
  const row = ([name, ...numbers]) => [name.padEnd(14), ...numbers.map((text) => text.padStart(12))].join('');
  const rows = states.map(({ state, live, median, lowest, highest }) =>
    row([state, count(live), ...[median, lowest, highest].map((time) => time.toFixed(0))]),
  );
  return [row(['state', 'live blocks', 'ns', 'lowest', 'highest']), ...rows].join('\n');
}
