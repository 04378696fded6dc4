// Measures one state, all ways in turns, or those that are named: ID ROUNDS [WAY]...
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState } from '../states.mjs';
import { ways } from '../ways/index.mjs';
import { assertAgreement, build } from '../ways/way.mjs';
import { report } from './report.mjs';

const [id, numberOfRounds, ...named] = process.argv.slice(2);
const state = findState(id);
const { request, operation, count } = state;
/** Goes on where the round before it has ended: done as often by all, or it would lead to different blocks. */
const isSequel = operation === 'churn' || operation === 'job';

/** In the state that all of them have come to. */
const steady = Object.entries(ways).filter(
  ([name]) => (name !== 'batch' || !isSequel) && (!named.length || named.includes(name)),
);

/** Nanoseconds that a round should take at the most. */
const LONGEST_ROUND = 2e8;

const built = steady.map(([name, Way]) => {
  const way = new Way(state.space);
  build(way, state);
  return /** @type {[string, import('../ways/way.mjs').Way]} */ ([name, way]);
});

const rounds = Object.fromEntries(
  built.map(([name, way]) => {
    const run = (times) => timed(() => way[operation](request, times), times);
    if (isSequel) return [name, () => run(count)];
    // The first ones until all of it is compiled.
    const affordable = [1000, 5000].map((times) => LONGEST_ROUND / run(times).wall)[1];
    const times = Math.min(count, 1000 * Math.ceil(affordable / 1000));
    return [name, () => run(times)];
  }),
);
await interleave(rounds, 1);
globalThis.gc?.();
const times = await interleave(rounds, Number(numberOfRounds));
assertAgreement(state.name, built);
for (const [, way] of built) way.dispose();

report(times);
