/** Waits for memory to become free, as long as requests wait: the event loop stays alive so long, and no longer. */
import type { Bytes, GpuBuddy, WaitSignal } from 'gpu-buddy';

export class FreeWatch<N extends Bytes> {
  readonly #buddy: GpuBuddy<N>;
  readonly #onFree: () => void;
  readonly #onError: (error: unknown) => void;
  /** Ends the wait of this moment. */
  #stop: Stop | undefined;

  constructor(buddy: GpuBuddy<N>, onFree: () => void, onError: (error: unknown) => void) {
    this.#buddy = buddy;
    this.#onFree = onFree;
    this.#onError = onError;
  }

  /** Waits for the epoch to rise above `since`, unless it waits already. */
  start(since: number): void {
    if (!this.#stop) void this.#wait(since, (this.#stop = new Stop()));
  }

  async #wait(since: number, signal: Stop): Promise<void> {
    let tell = this.#onFree;
    try {
      await this.#buddy.waitForFree({ since, signal });
    } catch (error) {
      tell = () => {
        this.#onError(error);
      };
    }
    // A stopped wait says nothing.
    if (signal.aborted) return;
    this.#stop = undefined;
    tell();
  }

  /** Ends the wait, and tells nobody. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }
}

/** A signal for one wait, which takes a tenth of the time of an `AbortSignal`. */
class Stop implements WaitSignal {
  aborted = false;
  readonly reason = 'stopped';
  #listener: (() => void) | undefined;

  abort(): void {
    this.aborted = true;
    this.#listener?.();
  }

  throwIfAborted(): void {
    // A wait never begins with an aborted signal.
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }
}
