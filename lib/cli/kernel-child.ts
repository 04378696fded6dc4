/** The program of a process with the allocator of another kernel, in that kernel's package: does one task, and sends the result. */
import { fitWorkload, measurePolicy } from '../trace';
import { answersOf } from '../trace/policy/answers';
import type { Task, TaskResults } from './kernel-tasks';
import { orUsageError } from './or-usage-error';
import { ProgressBar } from './progress-bar';
import { attempt } from './run';

process.once('message', (task: Task) => {
  void attempt(process, () => answer(task)).then((status) => {
    process.exitCode = status;
    process.disconnect();
  });
});

async function answer(task: Task): Promise<number> {
  using bar = await ProgressBar.open(process.stderr, task.title);
  const onProgress = (done: number, whole: number) => bar?.update(done, whole);
  const result = await orUsageError(() => resultOf(task, onProgress));
  await new Promise((resolve) => process.send?.(result, resolve));
  return 0;
}

async function resultOf(
  task: Task,
  onProgress: (done: number, whole: number) => void,
): Promise<TaskResults[Task['kind']]> {
  const { workload } = task;
  if (task.kind === 'fit') return fitWorkload(workload, { ...task.options, onProgress });
  const { policy, byTime } = task;
  return {
    measures: measurePolicy(workload, policy, { byTime, onProgress }),
    answers: answersOf(workload, policy),
  };
}
