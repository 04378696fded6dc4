// An allocator that counts what a queue asks of it, queues that end with the test, and what becomes of requests.
import { afterEach } from '@jest/globals';
import {
  GpuBuddy,
  type AllocatedBlocks,
  type AllocOptions,
  type Bytes,
  type WaitForFreeOptions,
} from 'gpu-buddy';
import { AllocQueue, type AllocQueueOptions } from 'gpu-buddy/queue';

export class ObservedBuddy extends GpuBuddy {
  /** Calls of `tryAllocBlocks()`. */
  tries = 0;
  /** Called after each try, before its caller knows. */
  onTry: (() => void) | undefined;
  /** Waits for memory that have not ended. */
  waits = 0;

  override tryAllocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks | null {
    this.tries++;
    try {
      return super.tryAllocBlocks(size, options);
    } finally {
      this.onTry?.();
    }
  }

  override async waitForFree(options?: WaitForFreeOptions): Promise<number> {
    this.waits++;
    try {
      return await super.waitForFree(options);
    } finally {
      this.waits--;
    }
  }
}

const queues: AllocQueue[] = [];

/** Makes a queue that is closed when the test is over: whoever waits would keep the process. */
export function openQueue(buddy: GpuBuddy, options?: AllocQueueOptions): AllocQueue {
  const queue = new AllocQueue(buddy, options);
  queues.push(queue);
  return queue;
}

afterEach(async () => {
  for (const queue of queues.splice(0)) queue.close();
  await settle();
});

/** Lets everything happen that is due: frees that wait for the event loop, what they wake, and the drain that follows. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export type Outcome = { readonly blocks: AllocatedBlocks } | { readonly error: unknown };

/** Notes what becomes of a promise. */
export function outcomeOf(promise: Promise<AllocatedBlocks>): { readonly outcome: Outcome | undefined } {
  const noted: { outcome: Outcome | undefined } = { outcome: undefined };
  promise.then(
    (blocks) => {
      noted.outcome = { blocks };
    },
    (error: unknown) => {
      noted.outcome = { error };
    },
  );
  return noted;
}
