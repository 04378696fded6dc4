/** The same operations in every way and state: each way in a process of its own, C beside it. */
import { measure } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { ratios, summarize } from '../statistics.mjs';

/**
 * @typedef {object} Outcome
 * @property {import('../statistics.mjs').Summary} time nanoseconds
 * @property {import('../statistics.mjs').Summary} ratio to C
 * @property {import('../clock.mjs').Times[]} rounds
 */

/** Live blocks from which on a round takes seconds. */
const LONG_TO_BUILD = 1_000_000;
const FEWEST_ROUNDS = 5;

/** @typedef {import('../states.mjs').State & { ways: Record<string, Outcome> }} Measured */

const COLUMNS = ['api', 'pool', 'batch', 'replay'];

/** @param {import('../clock.mjs').Times[]} rounds @param {import('../clock.mjs').Times[]} c @returns {Outcome} */
function outcome(rounds, c) {
  const by = (/** @type {typeof rounds} */ list) => list.map((time) => time[CLOCK]);
  return { time: summarize(by(rounds)), ratio: ratios(by(rounds), by(c)), rounds };
}

/**
 * @param {readonly import('../states.mjs').State[]} states
 * @param {number} rounds
 * @param {Record<string, number>} figures
 * @returns {Promise<Measured[]>}
 */
export async function measureStates(states, rounds, figures) {
  const measured = [];
  for (const state of states) {
    console.error(`${state.name} …`);
    const args = [state.id, state.live < LONG_TO_BUILD ? rounds : FEWEST_ROUNDS];
    /** @type {Record<string, Outcome>} */
    const ways = {};
    for (const way of COLUMNS) {
      const isJob = way === 'batch' && state.operation === 'churn';
      const times = isJob ? await measure('job', args) : await measure('state', [...args, 'c', way]);
      const c = times.cJob ?? times.c;
      ways.c ??= outcome(c, c);
      ways[way] = outcome(times[way], c);
      figures[`${state.id}.${way}`] = ways[way].ratio.median;
    }
    measured.push({ ...state, ways });
  }
  return measured;
}

/** @param {readonly Measured[]} states @returns {[string[], string[][]]} */
export function stateRows(states) {
  return [
    ['ns a pair', 'C', ...COLUMNS.flatMap((way) => [way, '/ C', 'lowest', 'highest'])],
    states.map(({ name, ways }) => [
      name,
      nanoseconds(ways.c.time.median),
      ...COLUMNS.flatMap((way) => {
        const { time, ratio } = ways[way];
        return [
          nanoseconds(time.median),
          ...[ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(2)),
        ];
      }),
    ]),
  ];
}

/** @param {number} time */
function nanoseconds(time) {
  return time.toFixed(time < 100 ? 1 : 0);
}
