/** Observes a replay, and gives its effects as frames. */
import type { ReplayObserver, ReplayStep } from '../replay-trace';
import type { TraceReplayer } from '../trace-replayer';
import { EffectsWriter } from './effects-writer';

/** Steps of a frame. */
const FRAME_STEPS = 1 << 16;

/** Receives the frames. The replay waits where it gives a promise. */
export type FrameSink = (frame: Uint8Array<ArrayBuffer>) => Promise<void> | undefined;

export class EffectsRecorder implements ReplayObserver {
  readonly #writer = new EffectsWriter();
  readonly #sink: FrameSink;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  after({ operation, lineNumber, result }: ReplayStep, { size }: TraceReplayer): Promise<void> | undefined {
    this.#writer.add(operation, lineNumber, result, size);
    return this.#writer.steps < FRAME_STEPS ? undefined : this.#sink(this.#writer.take());
  }

  /** Gives what is left as the last frame, after the replay. */
  async finish(): Promise<void> {
    if (this.#writer.steps > 0) await this.#sink(this.#writer.take());
  }
}
