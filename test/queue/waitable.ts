// An allocator that counts frees, and accounts: what `GpuBuddy` itself will have.
import { GpuBuddy, type AllocatedBlocks, type AllocOptions, type Bytes } from 'gpu-buddy';
import type { AbortSignalLike, Account } from 'gpu-buddy/queue';

/** Counts bytes, up to a limit. */
export class CountingAccount implements Account {
  used = 0;
  constructor(public limit?: number) {}
}

interface Waiter {
  readonly since: number;
  readonly resolve: (epoch: number) => void;
}

type Options = AllocOptions & { readonly account?: CountingAccount | undefined };

export class WaitableBuddy extends GpuBuddy {
  epoch = 0;
  readonly waiters = new Set<Waiter>();
  /** How often `tryAllocBlocks()` was called. */
  tries = 0;
  /** Called after each try, before its caller knows. */
  onTry: (() => void) | undefined;

  override allocBlocks(size: Bytes, options: Options = {}): AllocatedBlocks {
    const { account, ...plain } = options;
    if (account?.limit !== undefined && account.used + Number(size) > account.limit)
      throw Object.assign(new Error('ENOSPC: the limit of the account'), { code: 'ENOSPC', reason: 'limit' });
    const blocks = super.allocBlocks(size, plain);
    const bytes = blocks.size;
    if (account) account.used += bytes;
    const free = blocks.free.bind(blocks);
    blocks.free = (how) => {
      if (blocks.freed) return;
      free(how);
      if (account) account.used -= bytes;
      this.raiseEpoch();
    };
    return blocks;
  }

  override tryAllocBlocks(size: Bytes, options: Options = {}): AllocatedBlocks | null {
    this.tries++;
    try {
      return this.allocBlocks(size, options);
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOSPC') return null;
      throw error;
    } finally {
      this.onTry?.();
    }
  }

  raiseEpoch(): void {
    this.epoch++;
    for (const { since, resolve } of this.waiters) if (this.epoch > since) resolve(this.epoch);
  }

  waitForFree({
    since,
    signal,
  }: {
    readonly since: number;
    readonly signal: AbortSignalLike;
  }): Promise<number> {
    if (this.epoch > since) return Promise.resolve(this.epoch);
    return new Promise((resolve, reject) => {
      const waiter = {
        since,
        resolve: (epoch: number) => {
          done();
          resolve(epoch);
        },
      };
      const abort = (): void => {
        done();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it was aborted with
        reject(signal.reason);
      };
      const done = (): void => {
        this.waiters.delete(waiter);
        signal.removeEventListener('abort', abort);
      };
      this.waiters.add(waiter);
      signal.addEventListener('abort', abort);
    });
  }
}

/** Lets everything happen that is due, drains among the rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
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
