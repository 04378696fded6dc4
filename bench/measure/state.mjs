// Measures one state, all ways in turns: ID ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState, space } from '../states.mjs';
import { ways } from '../ways/index.mjs';
import { agree, build } from '../ways/way.mjs';
import { report } from './report.mjs';

const [id, rounds] = process.argv.slice(2);
const state = findState(id);
const { request, operation, count } = state;

const built = Object.entries(ways).map(([name, Way]) => {
  const way = new Way(space);
  build(way, state);
  // Until all of it is compiled.
  way[operation](request, Math.max(20_000, count >> 2));
  return /** @type {const} */ ([name, way]);
});
globalThis.gc?.();

const times = await interleave(
  Object.fromEntries(
    built.map(([name, way]) => [name, () => timed(() => way[operation](request, count), count)]),
  ),
  Number(rounds),
);

// Whoever has done something else has not been measured.
const [, c] = built[0];
const astray = built.filter(([, way]) => !agree(c, way)).map(([name]) => name);
if (astray.length) throw new Error(`${state.name}: other blocks than in C: ${astray.join(', ')}`);

report(times);
