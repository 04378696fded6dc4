// Jobs of a booted kernel: answer a trace, run its own tests, time its allocator. Each job gets a kernel freshly booted.

import { join } from 'node:path';
import { withTempFolder } from '../folders.mjs';
import { readLines, writeLines } from '../traces.mjs';
import { boot, bootFor } from './linux/boot.mjs';

/** @typedef {import('./linux/kernel.mjs').Kernel} Kernel */

/**
 * Gives one answer a line. In place of one about a list or block that is not there stands a comment that says so.
 * @param {Kernel} kernel
 * @param {readonly string[]} trace
 * @returns {Promise<string[]>}
 */
export function record({ program }, trace) {
  return withTempFolder(async (folder) => {
    writeLines(join(folder, 'trace'), trace);
    const lines = await bootFor(program, folder);
    const answers = readLines(join(folder, 'result'));
    if (answers.length !== lines) {
      throw new Error(`The kernel gave ${answers.length} answers to ${lines} lines.`);
    }
    return answers;
  });
}

/** Runs the kernel's own tests of the allocator. @param {Kernel} kernel @returns {Promise<string>} KTAP */
export async function kernelKunit({ program }) {
  const log = await withTempFolder((folder) =>
    boot(program, folder, ['kunit.filter_glob=gpu_buddy', 'kunit_shutdown=poweroff']),
  );
  const start = log.indexOf('KTAP version');
  const totals = /^# Totals: pass:(\d+) fail:(\d+).*$/m.exec(log);
  if (start < 0 || !totals) throw new Error(`The kernel ran no tests:\n${log}`);
  return log.slice(start, totals.index + totals[0].length);
}

/** Tells whether some cases ran, and none failed. @param {string} ktap */
export function isPass(ktap) {
  return /^# Totals: pass:[1-9]\d* fail:0 /m.test(ktap);
}

/** Times the allocator, in the states of kernel/bench.c. @param {Kernel} kernel */
export async function benchKernel({ program, version }) {
  const lines = await withTempFolder(async (folder) => {
    await bootFor(program, folder, ['bench=1']);
    return readLines(join(folder, 'result'));
  });
  return {
    kernel: `Linux ${version}, User-Mode Linux`,
    space: 2 ** 40,
    blockSize: 4096,
    states: statesOf(lines),
  };
}

/** Gives nanoseconds of one allocation and its freeing. @param {string[]} lines `STATE LIVE PAIRS NANOSECONDS`, one a round */
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
