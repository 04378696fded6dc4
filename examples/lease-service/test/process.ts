/** Runs the service as a process of its own, as `npm start` does. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { testConfig, type Options } from './support.ts';

export interface RunningService {
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it with a signal, and waits for that. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Writes the configuration of a data folder, with the tokens of tests. */
export function configure(folder: string, options: Options): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(testConfig(options)));
}

/**
 * Starts the service on a data folder, and waits until it listens.
 *
 * @param wrapper a program that runs it, with its arguments
 */
export async function startProcess(folder: string, wrapper: readonly string[] = []): Promise<RunningService> {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const [command, ...args] = [...wrapper, process.execPath, main, folder];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^Listens at (\S+)$/.exec(line) ?? [];
    if (!url) continue;
    // Collects the lines that it logs from now on.
    child.stdout.pipe(process.stderr);
    return { url, child, end };
  }
  throw new Error('The service did not start');
}

/** Bytes of a service that are in memory. */
export function residentSize({ child }: RunningService): number {
  return 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' }));
}
