// Measures all that leads to a state, from the empty space on, and its operations, in C and as one batch, in turns: ID ROUNDS
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState } from '../states.mjs';
import { ways } from '../ways/index.mjs';
import { assertAgreement, build, JOB_SETTLING, settlingSteps } from '../ways/way.mjs';
import { report } from './report.mjs';

const [id, numberOfRounds] = process.argv.slice(2);
const state = findState(id);
const { request, count, live, operation } = state;
const isCommon = operation === 'job';
const operations = isCommon ? JOB_SETTLING + count : (3 * live + 2 * (settlingSteps(live) + count)) / 2;

/** @type {[string, import('../ways/way.mjs').Way][]} */
let done = [];

/** @param {'c' | 'batch'} name */
const job = (name) => () => {
  const way = new ways[name](state.space);
  // What was left by the one before has nothing to do with this one.
  globalThis.gc?.();
  const time = timed(() => {
    build(way, state);
    way[operation](request, count);
    way.end();
  }, operations);
  done.push([name, way]);
  if (done.length === 2) {
    assertAgreement(state.name, done);
    for (const [, way] of done) way.dispose();
    done = [];
  }
  return time;
};

const measurements = { cJob: job('c'), batch: job('batch') };
await interleave(measurements, 1);
report(await interleave(measurements, Number(numberOfRounds)));
