// The common job, every allocator in turns: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { peers } from '../peers/index.mjs';
import { jobState } from '../states.mjs';
import { C } from '../ways/c.mjs';
import { JOB_SETTLING } from '../ways/way.mjs';
import { report } from './report.mjs';

const { space, request } = jobState;
const OPERATIONS = 100_000;

const jobs = await Promise.all(
  peers.map(async ({ name, operations, open }) => {
    // A copy of the code for each, so that V8 can make of it what suits the one that it calls.
    const { Job } = await import(`../peers/job.mjs?${encodeURIComponent(name)}`);
    const job = new Job(await open(space.size), space.size);
    const count = Math.min(operations, OPERATIONS);
    job.run(operations < JOB_SETTLING ? 10_000 : JOB_SETTLING);
    return { name, job, count };
  }),
);
const c = new C(space);
c.job(request, JOB_SETTLING);

const measurements = {
  /** The time that the job takes without JavaScript. */
  C: () => timed(() => c.job(request, OPERATIONS), OPERATIONS),
  ...Object.fromEntries(jobs.map(({ name, job, count }) => [name, () => timed(() => job.run(count), count)])),
};
await interleave(measurements, 1);
const times = await interleave(measurements, Number(process.argv[2]));
report({ times, live: Object.fromEntries(jobs.map(({ name, job }) => [name, job.live])) });
