/** Measures several things in turns, so that what slows the machine for a while slows all of them. */
import { nextRandom, SEED } from './random.mjs';

/**
 * @template T
 * @param {Record<string, () => T | Promise<T>>} measurements each gives what it has measured
 * @param {number} rounds
 * @returns {Promise<Record<string, T[]>>} round by round
 */
export async function interleave(measurements, rounds) {
  const names = Object.keys(measurements);
  /** @type {Record<string, T[]>} */
  const results = Object.fromEntries(names.map((name) => [name, []]));
  let random = SEED;
  for (let round = 0; round < rounds; round++) {
    for (let i = names.length - 1; i > 0; i--) {
      random = nextRandom(random);
      const other = (random >>> 0) % (i + 1);
      [names[i], names[other]] = [names[other], names[i]];
    }
    for (const name of names) results[name].push(await measurements[name]());
  }
  return results;
}
