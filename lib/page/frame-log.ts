/** Keeps the frames of a recording: it is read once, and every page that asks gets all of it. */
import { makeDeferred, type Deferred } from '../deferred';

export class FrameLog {
  readonly #frames: Uint8Array[] = [];
  #isComplete = false;
  /** Is resolved with the next change. */
  #change: Deferred<unknown> = makeDeferred();

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#wake();
  }

  /** Ends it: no frame follows. */
  complete(): void {
    this.#isComplete = true;
    this.#wake();
  }

  /** Gives all frames from the first one on, as they come, until the signal is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    const aborted = makeDeferred<unknown>();
    signal.addEventListener('abort', aborted.resolve, { once: true });
    for (let next = 0; !signal.aborted;) {
      const frame = this.#frames[next];
      if (frame) {
        next++;
        yield frame;
      } else if (this.#isComplete) {
        return undefined;
      } else {
        await Promise.race([this.#change.promise, aborted.promise]);
      }
    }
    return undefined;
  }

  #wake(): void {
    const { resolve } = this.#change;
    this.#change = makeDeferred();
    resolve(undefined);
  }
}
