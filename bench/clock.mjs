/** The time that something takes, by three clocks. */
import { threadTime } from './ways/c.mjs';

/**
 * @typedef {object} Times nanoseconds
 * @property {number} thread processor time of this thread: what the ratios are made of
 * @property {number} process processor time of all threads, those of V8's collector and compiler too
 * @property {number} wall
 */

/** @param {() => void} work @param {number} count of operations @returns {Times} of one operation */
export function timed(work, count) {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  const thread = threadTime();
  work();
  const threadEnd = threadTime();
  const wallEnd = process.hrtime.bigint();
  const { user, system } = process.cpuUsage(cpu);
  return {
    thread: (threadEnd - thread) / count,
    process: ((user + system) * 1000) / count,
    wall: Number(wallEnd - wall) / count,
  };
}
