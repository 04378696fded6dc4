import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { library } from '../library.mjs';
import { peers } from '../peers/index.mjs';
import { row } from '../rows.mjs';
import { findState } from '../states.mjs';
import { openers } from '../ways/javascript.mjs';

const OPERATIONS = 100_000;
/** Operations before anything is measured of what is too slow for those of the state. */
const FEWER = 10_000;

/** @param {'api' | 'pool'} way @returns {import('../peers/index.mjs').Peer} */
function ours(way) {
  return {
    id: way,
    name: way === 'api' ? 'API' : 'pool',
    async open(size) {
      const { tryAlloc, free } = openers[way]({ size, chunkSize: 4096 }, library);
      return { alloc: tryAlloc, free };
    },
  };
}

/** Measures the common job in allocators from npm, by the API and by a pool, in turns. @param {number} rounds */
export async function measure(rounds) {
  const { space, settling } = findState('common');
  const jobs = await Promise.all(
    [ours('api'), ours('pool'), ...peers].map(async ({ id, name, operations = OPERATIONS, open }) => {
      // A copy of the code for each, so that V8 can make of it what suits the one that it calls.
      const { Job } = await import(`../peers/job.mjs?${encodeURIComponent(id)}`);
      const job = new Job(await open(space.size), space.size);
      job.run(operations < OPERATIONS ? FEWER : settling.count);
      return { id, name, job, operations };
    }),
  );
  const measurements = Object.fromEntries(
    jobs.map(({ id, job, operations }) => [id, () => timed(() => job.run(operations), operations)]),
  );
  await interleave(measurements, 1);
  const times = await interleave(measurements, rounds);
  const [api, pool, ...others] = jobs;
  return [api, pool].flatMap((our) =>
    others.map(({ id, name, job }) => {
      const live = job.live.toLocaleString('en');
      return row(
        `${our.id}.${id}`,
        `common job: ${our.name} / ${name}, ${live} live`,
        'ns',
        times[our.id],
        times[id],
      );
    }),
  );
}
