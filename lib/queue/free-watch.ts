/** Waits until bytes become free, as long as somebody wants to know: the event loop stays alive so long, and no longer. */
import type { Bytes } from 'gpu-buddy';
import type { WaitableBuddy } from './services';

export class FreeWatch<N extends Bytes> {
  #current: AbortController | undefined;

  constructor(
    private readonly buddy: WaitableBuddy<N>,
    private readonly onFree: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Waits for the epoch to rise above `since`, unless it waits already. */
  start(since: number): void {
    if (!this.#current) void this.#wait(since);
  }

  async #wait(since: number): Promise<void> {
    const current = new AbortController();
    this.#current = current;
    let error: unknown;
    try {
      await this.buddy.waitForFree({ since, signal: current.signal });
    } catch (reason) {
      error = reason;
    }
    // A wait that was stopped has nothing to say.
    if (this.#current !== current) return;
    this.#current = undefined;
    if (error === undefined) this.onFree();
    else this.onError(error);
  }

  stop(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.abort();
  }
}
