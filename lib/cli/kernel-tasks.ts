/** The tasks that a process with the allocator of another kernel does, and what it answers: messages between the two. */
import type { Fit, FitOptions, PolicyMeasures, PolicyOptions, Workload } from '../trace';
import type { Answers } from '../trace/policy/answers';

/** Measures a policy, and keeps its answers. */
export interface MeasureTask {
  readonly kind: 'measure';
  readonly policy: PolicyOptions;
  readonly byTime: boolean;
}

export interface MeasureResult {
  readonly measures: PolicyMeasures;
  readonly answers: Answers;
}

/** Looks for a space that is large enough. */
export interface FitTask {
  readonly kind: 'fit';
  readonly options: Omit<FitOptions, 'onProgress'>;
}

/** A task, the requests, and what the progress bar says. */
export type Task = (MeasureTask | FitTask) & { readonly workload: Workload; readonly title: string };

/** Results of the tasks, by kind. */
export interface TaskResults {
  readonly measure: MeasureResult;
  readonly fit: Fit;
}
