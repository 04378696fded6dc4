/** Waits for memory to become free, as long as requests wait: the event loop stays alive so long, and no longer. */
import type { Bytes, GpuBuddy } from 'gpu-buddy';

export class FreeWatch<N extends Bytes> {
  readonly #buddy: GpuBuddy<N>;
  readonly #onFree: () => void;
  readonly #onError: (error: unknown) => void;
  /** Serves one wait after the other, until it is aborted. */
  #controller = new AbortController();
  #isWaiting = false;

  constructor(buddy: GpuBuddy<N>, onFree: () => void, onError: (error: unknown) => void) {
    this.#buddy = buddy;
    this.#onFree = onFree;
    this.#onError = onError;
  }

  /** Waits for the epoch to rise above `since`, unless it waits already. */
  start(since: number): void {
    if (!this.#isWaiting) void this.#wait(since);
  }

  async #wait(since: number): Promise<void> {
    const { signal } = this.#controller;
    this.#isWaiting = true;
    let tell = this.#onFree;
    try {
      await this.#buddy.waitForFree({ since, signal });
    } catch (error) {
      tell = () => {
        this.#onError(error);
      };
    }
    // Else it was stopped, and has nothing to say.
    if (signal.aborted) return;
    this.#isWaiting = false;
    tell();
  }

  /** Ends the wait, and tells nobody. */
  stop(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#controller.abort();
    this.#controller = new AbortController();
  }
}
