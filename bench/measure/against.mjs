// Measures one state in this checkout and in another one, in turns and in one process: ID ROUNDS FOLDER
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { library, loadLibrary } from '../library.mjs';
import { findState } from '../states.mjs';
import { assertAgreement, build } from '../ways/way.mjs';
import { report } from './report.mjs';

const [id, numberOfRounds, folder] = process.argv.slice(2);
const state = findState(id);
const { request, operation, count } = state;
/** Nanoseconds that a round should take at the most. */
const LONGEST_ROUND = 5e7;

const builds = { old: loadLibrary(folder), new: library };
/** An older checkout may have none. */
const havePools = Object.values(builds).every(({ GpuBuddy }) => 'pool' in GpuBuddy.prototype);

/** The ways that are in the same state after any number of these operations. */
const names =
  operation === 'errors'
    ? ['api']
    : ['api', 'pool', 'batch', 'replay'].filter(
        (name) => (name !== 'batch' || operation !== 'churn') && (name !== 'pool' || havePools),
      );
/** @type {[string, import('../ways/way.mjs').Way][]} */
const built = [];
for (const name of names)
  for (const [age, from] of Object.entries(builds)) {
    // A module of its own for each, or the engine would optimize the loops for both together.
    const Way = Object.values(await import(`../ways/${name}.mjs?${age}`))[0];
    const way = new Way(state.space, from);
    build(way, state);
    built.push([`${name} ${age}`, way]);
  }

/** As many for both: churn done a different number of times leads to different blocks. */
const rounds = Object.fromEntries(
  names.flatMap((name) => {
    const ways = built.filter(([key]) => key.startsWith(`${name} `));
    const costs = ways.map(([, way]) => {
      const run = (times) => timed(() => way[operation](request, times), times).wall;
      // The first ones until all of it is compiled.
      return [1000, 5000].map(run)[1];
    });
    const times = Math.min(count, 1000 * Math.ceil(LONGEST_ROUND / Math.max(...costs) / 1000));
    return ways.map(([key, way]) => [key, () => timed(() => way[operation](request, times), times)]);
  }),
);
await interleave(rounds, 2);
globalThis.gc?.();
const times = await interleave(rounds, Number(numberOfRounds));
for (const name of names)
  assertAgreement(
    state.name,
    built.filter(([key]) => key.startsWith(`${name} `)),
  );
for (const [, way] of built) way.dispose();

report(times);
