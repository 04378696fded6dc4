/**
 * The built package, dist/, for tests that run code outside of jest: in a worker or in another process, where there is
 * nobody to compile TypeScript. What such a test does in its own thread, it does with the same copy.
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as GpuBuddyPackage from 'gpu-buddy';
import { soak } from './soak';

export type Package = typeof GpuBuddyPackage;

export const packageFolder = join(__dirname, '../..');
export const packageFile = join(packageFolder, 'dist/index.js');
export const built = createRequire(__filename)(packageFile) as Package;

const PATIENCE = 60_000 * soak;

/** Fails, and says what was awaited, instead of waiting for ever. */
export async function soon<T>(what: string, event: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Waited in vain: ${what}.`));
    }, PATIENCE);
  });
  try {
    return await Promise.race([event, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The message that the program has sent. */
  readonly answer: unknown;
}

/** For programs that measure memory: where a sanitizer is there, it must not hold on to what is freed. */
export const measured = { ASAN_OPTIONS: `${process.env['ASAN_OPTIONS'] ?? ''}:quarantine_size_mb=0` };

/** Runs a program in a process of its own, to its end. */
export function runFile(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const child = fork(file, args, {
    execArgv: ['--expose-gc'],
    silent: true,
    serialization: 'advanced',
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ['', ''];
  let answer: unknown;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('message', (message) => (answer = message));
  return soon(
    `the end of ${file}`,
    new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr, answer });
      });
    }),
  ).finally(() => child.kill());
}

/** Runs one of test/safety/programs/. */
export function runProgram(
  name: string,
  { argument, env = {} }: { argument?: unknown; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return runFile(
    join(packageFolder, 'test/safety/programs', name),
    [packageFile, JSON.stringify(argument ?? null)],
    env,
  );
}
