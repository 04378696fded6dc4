/** The time that something takes, by three clocks. */
import { threadTime } from './ways/c.mjs';

/**
 * @typedef {object} Times nanoseconds
 * @property {number} thread processor time of this thread
 * @property {number} process processor time of all threads, those of V8's collector and compiler too
 * @property {number} wall
 */

/** The clock that ratios are made of: see docs/bench.md. @type {keyof Times} */
export const CLOCK = 'thread';

/** @overload @param {() => void} work @param {number} count of operations @returns {Times} of one operation */
/** @overload @param {() => Promise<void>} work @param {number} count @returns {Promise<Times>} */
/** @param {() => void | Promise<void>} work @param {number} count */
export function timed(work, count) {
  const stop = start(count);
  const end = work();
  return end ? end.then(stop) : stop();
}

/** @param {number} count */
function start(count) {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  const thread = threadTime();
  return () => {
    const threadEnd = threadTime();
    const wallEnd = process.hrtime.bigint();
    const { user, system } = process.cpuUsage(cpu);
    return {
      thread: (threadEnd - thread) / count,
      process: ((user + system) * 1000) / count,
      wall: Number(wallEnd - wall) / count,
    };
  };
}
