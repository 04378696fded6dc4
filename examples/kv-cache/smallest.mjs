/** Finds the smallest space that serves a load at once. */
import { SZ_128M } from 'gpu-buddy';
import { KvCache } from './kv-cache.mjs';
import { simulate } from './simulate.mjs';
import { bytesOf } from './units.mjs';

/**
 * Gives the bytes of the smallest space, to 128 MiB, in which no request waits, none is preempted, and no adapter fails. It is found by
 * halving: where placement is unlucky, a larger space may fail all the same.
 * @param {number} share the part of the space that is reserved for adapters, below 1
 * @param {import('./policies.mjs').Policy} policy
 * @param {import('./simulate.mjs').Load} load
 */
export function smallestSpace(share, policy, load) {
  const serves = (steps) => {
    const size = steps * SZ_128M;
    const { waited, preemptions, failedAdapters } = simulate(new KvCache(size, share, policy), load);
    return waited + preemptions + failedAdapters === 0;
  };
  const largest = load.requests.reduce(
    (most, { context, generated }) => Math.max(most, context + generated),
    0,
  );
  let enough = Math.ceil(bytesOf(largest) / (1 - share) / SZ_128M);
  let below = enough - 1;
  while (!serves(enough)) [below, enough] = [enough, 2 * enough];
  while (enough - below > 1) {
    const middle = Math.floor((below + enough) / 2);
    if (serves(middle)) enough = middle;
    else below = middle;
  }
  return enough * SZ_128M;
}
