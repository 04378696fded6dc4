/** Serves every Nth job of a sweep in this process alone, without pool, queue or files: what a run is compared with. */
import path from 'node:path';
import { jobAt, jobCount } from '../../src/plan/job.js';
import { makeSweep } from '../../src/plan/make-sweep.js';
import { readSpecification } from '../../src/plan/specification.js';
import { Workloads } from '../../src/replay/read-workload.js';
import { serveJob } from '../../src/replay/serve-job.js';

const [file = '', first = '', step = ''] = process.argv.slice(2);
const { sweep, files } = await makeSweep(await readSpecification(file), path.dirname(file));
const workloads = new Workloads();
for (let number = Number(first); number < jobCount(sweep); number += Number(step)) {
  const job = jobAt(sweep, number);
  const workload = await workloads.of(job.trace, files.get(job.trace.hash) ?? '');
  process.stdout.write(`${JSON.stringify(serveJob(job, workload).row)}\n`);
}
