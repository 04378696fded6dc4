import { threadTime } from './ways/c.mjs';

/**
 * Gives the nanoseconds that one operation takes, of the processor time of this thread: see docs/bench.md.
 *
 * @param {() => void} work
 * @param {number} count of operations
 */
export function timed(work, count) {
  const start = threadTime();
  work();
  return (threadTime() - start) / count;
}
