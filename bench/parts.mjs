/** Lists the tasks of each part, and those of a comparison with another checkout. */
import { measure, measureInSeveral } from './process.mjs';
import { row } from './rows.mjs';
import { states } from './states.mjs';

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('./states.mjs').State} State
 *
 * @typedef {object} Task
 * @property {string} name
 * @property {() => Promise<Row[]>} run
 */

/** Live blocks from which on a state takes long to build, and rounds are fewer. */
const LONG_TO_BUILD = 1_000_000;
const FEWEST_ROUNDS = 5;

/** The names of the ways in a table. */
const NAMES = { api: 'API', pool: 'pool', batch: 'batch', replay: 'replay' };

/** A batch frees only what was allocated in it: it is measured together with all that leads to such a state. @param {State} state */
function isSequel({ operation }) {
  return operation === 'churn' || operation === 'job';
}

/**
 * Measures each way in a state beside another contender, in several processes where the difference may be small.
 *
 * @param {State} state
 * @param {number} rounds
 * @param {Omit<import('./ways/way.mjs').Contender, 'way'> & { way?: 'c' }} other of the same way unless it is C
 * @param {string} words after the name of the way
 * @returns {Task[]}
 */
function stateTasks(state, rounds, other, words) {
  return state.ways.map((way) => ({
    name: `${state.name}: ${NAMES[way]}`,
    async run() {
      const contenders = { base: { way, ...other }, ours: { way } };
      const args = [state.id, state.live < LONG_TO_BUILD ? rounds : FEWEST_ROUNDS];
      const isHistory = way === 'batch' && isSequel(state);
      const { ours, base } = isHistory
        ? await measure('history', args)
        : await (other.way ? measure : measureInSeveral)('state', [...args, contenders]);
      return [row(`${state.id}.${way}`, `${state.name}: ${NAMES[way]}${words}`, 'ns', ours, base)];
    },
  }));
}

/** Measures what makes rows itself. @param {string} name of a file in measure/ @param {unknown[]} args @returns {Task} */
function rowsTask(name, args) {
  return { name, run: () => measure(name, args) };
}

/** @param {import('./options.mjs').Part} part @param {number} rounds @returns {Task[]} */
export function tasksOf(part, rounds) {
  const own = states.filter((state) => state.part === part);
  const tasks = own.flatMap((state) =>
    part === 'numbers'
      ? stateTasks(state, rounds, { bigint: true }, '')
      : stateTasks(state, rounds, { way: 'c' }, ' / C'),
  );
  if (part === 'memory') return [rowsTask(part, ['api']), rowsTask(part, ['pool'])];
  return own.length && part !== 'peers' ? tasks : [...tasks, rowsTask(part, [rounds])];
}

/** Compares this checkout with another one, to see what has become slower. @param {string} folder @param {number} rounds @returns {Task[]} */
export function tasksAgainst(folder, rounds) {
  return states
    .filter(({ part }) => part === 'core')
    .map((state) => ({ ...state, ways: state.ways.filter((way) => way !== 'batch' || !isSequel(state)) }))
    .flatMap((state) => stateTasks(state, rounds, { folder }, ', this / other'));
}
