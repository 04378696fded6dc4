/** Plays requests and adapters against a server, until the last request has come, and measures how its memory is used. */
import { Server } from './server.mjs';
import { STEP_SECONDS } from './units.mjs';

/** Steps between two looks at the memory: a second. */
const SAMPLE_STEPS = 1 / STEP_SECONDS;

/**
 * @typedef {object} Load
 * @property {import('./arrivals.mjs').Request[]} requests in the order of their arrival
 * @property {import('./arrivals.mjs').Adapter[]} adapters likewise
 */

/**
 * @param {import('./kv-cache.mjs').KvCache} cache
 * @param {Load} load
 */
export function simulate(cache, { requests, adapters }) {
  const server = new Server(cache);
  const used = [];
  const runs = [];
  let now = 0;
  for (let step = 0, request = 0, adapter = 0; request < requests.length; step++) {
    now = step * STEP_SECONDS;
    server.unload(now);
    for (; adapters[adapter]?.time <= now; adapter++) server.load(adapters[adapter], now);
    for (; requests[request]?.time <= now; request++) server.submit(requests[request], now);
    server.step(now);
    if (step % SAMPLE_STEPS > 0) continue;
    used.push(1 - cache.buddy.avail / cache.buddy.size);
    runs.push(cache.longestRun);
  }
  const waits = server.sequences.map(({ wait, since }) => wait ?? now - since).sort((a, b) => a - b);
  return {
    /** The part of the space that is in use, on average. */
    utilisation: mean(used),
    /** Bytes, on average. */
    longestRun: mean(runs),
    adapters: server.adapters,
    failedAdapters: server.failedAdapters,
    grown: cache.grown,
    grownInPlace: cache.grownInPlace,
    preemptions: server.preemptions,
    requests: waits.length,
    /** Requests, with those that still wait. */
    waited: server.sequences.filter(({ wait }) => wait !== 0).length,
    /** Seconds: 95 % of the requests waited no longer. */
    wait95: waits[Math.ceil(waits.length * 0.95) - 1] ?? 0,
  };
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(numbers.length, 1);
}
