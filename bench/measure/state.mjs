import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState } from '../states.mjs';
import { assertAgreement, build, openWay } from '../ways/way.mjs';

/** Nanoseconds that a round should take at the most. */
const LONGEST_ROUND = 5e8;
/** Operations after which all of the code is compiled. */
const WARM_UP = 1000;

/**
 * Measures one state in several ways, in turns.
 *
 * @param {string} id
 * @param {number} rounds
 * @param {Record<string, import('../ways/way.mjs').Contender>} contenders
 */
export async function measure(id, rounds, contenders) {
  const state = findState(id);
  const { request, operation, count, space } = state;
  /** @type {Record<string, import('../ways/way.mjs').Way>} */
  const ways = {};
  for (const [label, contender] of Object.entries(contenders)) {
    ways[label] = await openWay(contender, space, label);
    build(ways[label], state);
    ways[label].end();
  }
  const run = (way, times) =>
    timed(() => {
      way.run(operation, request, times);
      way.end();
    }, times);

  // As many for all: churn done a different number of times leads to different blocks.
  const step = Math.min(count, WARM_UP);
  const costs = Object.values(ways).map((way) => [step, 5 * step].map((times) => run(way, times))[1]);
  const affordable = step * Math.ceil(LONGEST_ROUND / Math.max(...costs) / step);
  const times = Math.min(count, affordable);
  const measurements = Object.fromEntries(
    Object.entries(ways).map(([label, way]) => [label, () => run(way, times)]),
  );
  await interleave(measurements, 1);
  globalThis.gc?.();
  const results = await interleave(measurements, rounds);
  assertAgreement(state.name, ways);
  for (const way of Object.values(ways)) way.dispose();
  return results;
}
