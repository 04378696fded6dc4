/** Runs this program with the allocator of another kernel inside: the same code, from that kernel's package, in a process of its own. */
import { fork, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../addon/folder';
import type { KernelPackage } from '../trace';
import { CommandError } from './command-error';
import type { Task, TaskResults } from './kernel-tasks';

/** Starts a command. */
export function startCommand(
  { folder }: KernelPackage,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  return spawn(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
    stdio,
    env: environment(folder),
  });
}

/** Waits for the end of a command; gives its exit status. @throws CommandError where it was ended by a signal */
export function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === null)
        reject(new CommandError(`the process of another kernel was ended by ${String(signal)}`));
      else resolve(status);
    });
  });
}

/** Has a task done with the allocator of a kernel. @throws CommandError where that can't be done; the process says why */
export async function resultOf<T extends Task>(
  kernel: KernelPackage,
  task: T,
): Promise<TaskResults[T['kind']]> {
  const child = fork(join(kernel.folder, 'dist/cli/kernel-child.js'), [], {
    // As JSON, a typed array would not be one.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: environment(kernel.folder),
    execArgv: [],
  });
  let result: TaskResults[T['kind']] | undefined;
  child.once('message', (message) => {
    result = message as TaskResults[T['kind']];
  });
  // A process that has ended before tells by its status.
  child.send(task, () => undefined);
  const status = await statusOf(child);
  if (status !== 0 || result === undefined)
    throw new CommandError(`it could not be done with Linux ${kernel.linux}: see above`);
  return result;
}

/** Leaves out the name of an addon, which is that of this kernel. */
function environment(folder: string): NodeJS.ProcessEnv {
  const { GPU_BUDDY_ADDON: addon, ...others } = process.env;
  return folder === packageFolder && addon !== undefined ? { ...others, GPU_BUDDY_ADDON: addon } : others;
}
