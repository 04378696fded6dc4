/** This checkout beside another one: whether anything has become slower. */
import { measureInSeveral } from '../child.mjs';
import { CLOCK } from '../clock.mjs';
import { median, medianWithBounds } from '../statistics.mjs';
import { table } from '../table.mjs';

/** Live blocks from which on a state takes long to build, and rounds are fewer. */
const LONG_TO_BUILD = 1_000_000;

/**
 * @param {readonly import('../states.mjs').State[]} states
 * @param {number} rounds
 * @param {string} folder of the other checkout
 */
export async function compare(states, rounds, folder) {
  const rows = [];
  for (const state of states) {
    console.error(`${state.name} …`);
    const args = [state.id, state.live < LONG_TO_BUILD ? rounds : Math.ceil(rounds / 3), folder];
    const times = await measureInSeveral('against', args);
    for (const way of ['api', 'pool', 'batch', 'replay']) {
      const [before, after] = ['old', 'new'].map((age) => times[`${way} ${age}`]?.map((time) => time[CLOCK]));
      if (!before) continue;
      const ratio = medianWithBounds(after.map((time, round) => time / before[round]));
      rows.push([
        state.name,
        way,
        ...[median(before), median(after)].map((time) => time.toFixed(1)),
        ...[ratio.median, ratio.lower, ratio.upper].map((value) => value.toFixed(3)),
      ]);
    }
  }
  console.log(`\n${table(['', 'way', 'other, ns', 'this, ns', 'this / other', '95 % from', 'to'], rows)}`);
}
