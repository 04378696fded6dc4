/** Which half of the live blocks is kept: the same one as in c/space.c. */
import { nextRandom } from '../random.mjs';

/** @template T @param {T[]} items @returns {T[]} those that are not kept, which are taken out */
export function takeEverySecond(items) {
  const kept = Math.floor(items.length / 2);
  for (let i = 0; i < kept; i++) swap(items, i, 2 * i);
  return items.splice(kept);
}

/** @template T @param {T[]} items @param {number} random @returns {{ taken: T[], random: number }} */
export function takeRandomHalf(items, random) {
  const kept = Math.floor(items.length / 2);
  for (let i = 0; i < kept; i++) {
    random = nextRandom(random);
    swap(items, i, i + ((random >>> 0) % (items.length - i)));
  }
  return { taken: items.splice(kept), random };
}

/** @param {unknown[]} items @param {number} a @param {number} b */
function swap(items, a, b) {
  const item = items[a];
  items[a] = items[b];
  items[b] = item;
}
