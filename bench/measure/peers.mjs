// One common job, every allocator in turns: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { peers } from '../peers/index.mjs';
import { C } from '../ways/c.mjs';
import { report } from './report.mjs';

const SIZE = 2 ** 30;
const OPERATIONS = 100_000;
/** @type {import('../states.mjs').Request} */
const SMALLEST = { size: 4096, mode: 'simple', contiguous: false, clear: false };

const jobs = await Promise.all(
  peers.map(async ({ name, operations, open }) => {
    // A copy of the code for each, so that V8 can make of it what suits the one that it calls.
    const { Job } = await import(`../peers/job.mjs?${encodeURIComponent(name)}`);
    const job = new Job(await open(SIZE), SIZE);
    const count = Math.min(operations, OPERATIONS);
    // Until all of it is compiled.
    job.run(Math.max(count, 10_000));
    return /** @type {const} */ ([name, () => timed(() => job.run(count), count)]);
  }),
);
const c = new C({ size: SIZE, chunkSize: SMALLEST.size });
c.job(SMALLEST, OPERATIONS);
/** What the job costs without JavaScript. */
const inC = /** @type {const} */ (['C', () => timed(() => c.job(SMALLEST, OPERATIONS), OPERATIONS)]);

await interleave(Object.fromEntries([inC, ...jobs]), 1);
report(await interleave(Object.fromEntries([inC, ...jobs]), Number(process.argv[2])));
