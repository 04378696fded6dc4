// The same with numbers and with bigints given out, in turns: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { findState } from '../states.mjs';
import { assertAgreement, build } from '../ways/way.mjs';
import { report } from './report.mjs';

const state = findState('same-place-1000');
const { request, space } = state;
const PAIRS = 300_000;
const READS = 1_000_000;
const SNAPSHOTS = 100;

/** @type {Record<string, () => import('../clock.mjs').Times>} */
const measurements = {};
/** @type {[string, import('../ways/way.mjs').Way][]} */
const built = [];
for (const mode of ['number', 'bigint']) {
  const params = { ...space, ...(mode === 'bigint' && { bigint: true }) };
  // Modules of their own for each, or the engine would optimize the loops for both together.
  const { Api } = await import(`../ways/api.mjs?${mode}`);
  const { Batch } = await import(`../ways/batch.mjs?${mode}`);
  const [api, batch] = [new Api(params), new Batch(params)];
  for (const way of [api, batch]) build(way, state);
  const blocks = SNAPSHOTS * api.blocks().offsets.length;
  measurements[`api ${mode}`] = () => timed(() => api.pairs(request, PAIRS), PAIRS);
  measurements[`batch ${mode}`] = () => timed(() => batch.pairs(request, PAIRS), PAIRS);
  measurements[`offsets ${mode}`] = () => timed(() => api.offsets(READS), READS);
  measurements[`columns ${mode}`] = () =>
    timed(() => {
      for (let i = 0; i < SNAPSHOTS; i++) api.columns();
    }, blocks);
  built.push([`api ${mode}`, api], [`batch ${mode}`, batch]);
}

await interleave(measurements, 2);
const times = await interleave(measurements, Number(process.argv[2]));
assertAgreement(state.name, built);
for (const [, way] of built) way.dispose();
report(times);
