/** The program of a replay thread: serves one job at a time. Errors go back as data, since a thread's errors lose their code. */
import type { Job } from '../plan/job.js';
import { reasonOf, SweepError, type SweepErrorCode } from '../sweep-error.js';
import { Workloads } from './read-workload.js';
import { serveJob, type Served } from './serve-job.js';

export interface Task {
  readonly job: Job;
  /** The file of the trace, on this machine. */
  readonly file: string;
}

export type Answer =
  Served | { readonly failed: { readonly code: SweepErrorCode; readonly message: string } };

const workloads = new Workloads();

export async function serve({ job, file }: Task): Promise<Answer> {
  try {
    return serveJob(job, await workloads.of(job.trace, file));
  } catch (error) {
    const code = error instanceof SweepError ? error.code : 'ERR_SWEEP_JOB';
    return { failed: { code, message: reasonOf(error) } };
  }
}
