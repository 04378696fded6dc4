/** Serves a job: measures its policy on its workload. */
import { peakOf, type PolicyMeasures, type Workload } from 'gpu-buddy/trace';
import { keyOf, type Job } from '../plan/job.js';
import type { Size } from '../plan/sweep.js';
import { RECORDED } from '../plan/words.js';
import { SweepError } from '../sweep-error.js';
import { loadKernel } from './kernels.js';
import type { Row } from './row.js';
import { shuffle } from './shuffle.js';

export interface Served {
  readonly row: Row;
  /** Seconds that the allocator took. */
  readonly seconds: number;
}

/** @throws SweepError `ERR_SWEEP_JOB`, `ERR_SWEEP_KERNEL`; RangeError, TypeError, GpuBuddyError as `measurePolicy()` */
export function serveJob(job: Job, recorded: Workload): Served {
  const { mode, minBlockSize, seed, window, measures, byTime } = job;
  const chunkSize = job.chunkSize === RECORDED ? recorded.chunkSize : job.chunkSize;
  const workload = seed === RECORDED ? recorded : shuffle(recorded, seed, window);
  const sizes = job.sizes
    .map((asked) => ({ asked, size: bytesOf(asked, recorded, chunkSize) }))
    .sort((one, other) => one.size - other.size);
  const { measurePolicy } = loadKernel(job.kernel);
  let seconds = 0;
  for (const [index, { asked, size }] of sizes.entries()) {
    const policy = {
      mode,
      size,
      chunkSize,
      minBlockSize: minBlockSize === RECORDED ? undefined : minBlockSize,
    };
    const measured = measurePolicy(workload, policy, { byTime });
    seconds += measured.seconds;
    if (measured.failures > 0 && index + 1 < sizes.length) continue;
    const tried = sizes.length > 1 ? { tried: index + 1 } : {};
    const row = {
      key: keyOf(job),
      trace: job.trace.name,
      kernel: job.kernel,
      mode,
      minBlockSize,
      chunkSize,
      asked,
      size: measured.policy.size,
      seed,
      ...tried,
      failures: measured.failures,
      ...pick(measured, measures),
    };
    return { row, seconds };
  }
  throw new SweepError('ERR_SWEEP_JOB', 'the job has no size');
}

function bytesOf(asked: Size, workload: Workload, chunkSize: number): number {
  if (typeof asked === 'number') return asked;
  if (asked !== RECORDED) {
    const bytes = (peakOf(workload, chunkSize).bytes * Number.parseInt(asked, 10)) / 100;
    return Math.max(1, Math.ceil(bytes / chunkSize)) * chunkSize;
  }
  if (workload.recorded.size === undefined)
    throw new SweepError(
      'ERR_SWEEP_JOB',
      `${workload.file} does not tell the size of its space: give "sizes"`,
    );
  return workload.recorded.size;
}

/** Gives the measures of a line; `null` stands for what there is none of, since JSON has no `undefined`. */
function pick(measured: PolicyMeasures, measures: Job['measures']) {
  return Object.fromEntries(measures.map((measure) => [measure, measured[measure] ?? null]));
}
