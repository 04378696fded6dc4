/** The same operations in every way and state, C beside the others. */
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
    const times = await measure('state', args);
    if (state.operation === 'churn') Object.assign(times, await measure('job', args));
    /** @type {Record<string, Outcome>} */
    const ways = {};
    for (const [way, rounds] of Object.entries(times)) {
      const base = way === 'batch' && times.cJob ? times.cJob : times.c;
      const by = (list) => list.map((time) => time[CLOCK]);
      ways[way] = { time: summarize(by(rounds)), ratio: ratios(by(rounds), by(base)), rounds };
      figures[`${state.id}.${way}`] = ways[way].ratio.median;
    }
    measured.push({ ...state, ways });
  }
  return measured;
}

const COLUMNS = ['api', 'pool', 'batch', 'replay'];

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
