/** Threads that tests tell what to do. Those of a test end with it. */
import { afterEach } from '@jest/globals';
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { packageFile, soon } from '../support/built-package';

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
    this.#worker = new Worker(join(__dirname, 'workers/actor.cjs'), {
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

let actors: Actor[] = [];

/** Starts a thread, which is terminated when the test ends. */
export function startActor(...options: ConstructorParameters<typeof Actor>): Actor {
  const actor = new Actor(...options);
  actors.push(actor);
  return actor;
}

afterEach(async () => {
  await Promise.all(actors.map((actor) => actor.terminate()));
  actors = [];
});
