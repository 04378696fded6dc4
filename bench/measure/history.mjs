import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState } from '../states.mjs';
import { assertAgreement, build, openWay } from '../ways/way.mjs';

/**
 * Measures all that leads to a state, from the empty space on, and its operations, as one batch and in C, in turns.
 *
 * @param {string} id
 * @param {number} rounds
 */
export async function measure(id, rounds) {
  const state = findState(id);
  const { request, count, live, operation, settling, space } = state;
  // Twice as many blocks as are live are allocated first, and half of them freed.
  const pairs = operation === 'job' ? settling.count + count : (3 * live) / 2 + settling.count + count;
  /** @type {Record<string, import('../ways/way.mjs').Way>} */
  let done = {};

  /** @param {'c' | 'batch'} name */
  const history = (name) => async () => {
    const way = await openWay({ way: name }, space, name);
    // Drops what the measurement before has left.
    globalThis.gc?.();
    const time = timed(() => {
      build(way, state);
      way.run(operation, request, count);
      way.end();
    }, pairs);
    done[name] = way;
    if (Object.keys(done).length === 2) {
      assertAgreement(state.name, done);
      for (const way of Object.values(done)) way.dispose();
      done = {};
    }
    return time;
  };

  const measurements = { base: history('c'), ours: history('batch') };
  await interleave(measurements, 1);
  return interleave(measurements, rounds);
}
