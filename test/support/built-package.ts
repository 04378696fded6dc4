/**
 * The built package, dist/, for tests that run code outside of jest: in a worker or in another process, where there is
 * nobody to compile TypeScript. What such a test does in its own thread, it does with the same copy.
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type * as GpuBuddyPackage from 'gpu-buddy';

export type Package = typeof GpuBuddyPackage;

export const packageFolder = join(__dirname, '../..');
export const packageFile = join(packageFolder, 'dist/index.js');
export const built = createRequire(__filename)(packageFile) as Package;

const PATIENCE = 60_000;

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
  /** What the program has sent. */
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

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code: unknown; readonly message: string };
}

/** A thread that does what it is told, step by step: test/safety/workers/actor.cjs has the list of what it can do. */
export class Actor {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #calls = 0;
  /** The error that the thread ended by, if it did. */
  failure: unknown;
  /** Fulfilled once the thread is gone, with all that it owned. */
  readonly ended: Promise<number>;

  constructor(options: WorkerOptions = {}, packagePath = packageFile) {
    this.#worker = new Worker(join(packageFolder, 'test/safety/workers/actor.cjs'), {
      ...options,
      workerData: { package: packagePath, ...(options.workerData as object | undefined) },
    });
    this.#worker.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    this.#worker.on('error', (error) => (this.failure = error));
    this.ended = new Promise((resolve) => this.#worker.on('exit', resolve));
  }

  /** Lets it act; throws what the act throws there, as far as that can be cloned. */
  async act<T = unknown>(action: string, ...values: readonly unknown[]): Promise<T> {
    const id = ++this.#calls;
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.#worker.postMessage({ id, action, values });
    const { value, error } = await soon(`an answer to ${action}`, reply);
    if (error) throw Object.assign(new Error(error.message), error);
    return value as T;
  }

  /** Lets it act without waiting for an answer, which may never come. */
  start(action: string, ...values: readonly unknown[]): void {
    this.#worker.postMessage({ id: 0, action, values });
  }

  /** Resolves when the thread is gone. */
  end(): Promise<number> {
    return soon('the end of a thread', this.ended);
  }

  async terminate(): Promise<void> {
    await soon('the termination of a thread', this.#worker.terminate());
  }
}

/** Turns of the event loop with a collection each, until the condition holds. */
export async function collectUntil(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (holds()) return;
    // In a turn of its own: what a WeakRef was asked for lives until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`The collector ran 200 times in vain: ${what}.`);
}

export function collect(): void {
  if (!globalThis.gc) throw new Error('Run jest by `npm run test:js`, which exposes the collector.');
  globalThis.gc();
}
