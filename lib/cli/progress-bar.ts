/** A bar on a terminal, for what takes longer than a moment. */
import type { SingleBar } from 'cli-progress';
import type { OutputStream } from './terminal';

const DELAY_MS = 500;
const SHARE_TOTAL = 1000;

export class ProgressBar implements Disposable {
  readonly #bar: SingleBar;
  readonly #label: string;
  readonly #due = performance.now() + DELAY_MS;
  #isShown = false;

  /** A bar, or `undefined` where the stream is no terminal. */
  static async open(stream: OutputStream, label: string): Promise<ProgressBar | undefined> {
    if (!stream.isTTY) return undefined;
    const { SingleBar, Presets } = await import('cli-progress');
    const format = '{label} {bar} {percentage} %';
    return new ProgressBar(
      new SingleBar({ format, stream, clearOnComplete: true }, Presets.shades_classic),
      label,
    );
  }

  private constructor(bar: SingleBar, label: string) {
    this.#bar = bar;
    this.#label = label;
  }

  /** Shows how much is done; without a whole, nothing. */
  update(done: number, whole: number): void {
    if (whole === 0 || performance.now() < this.#due) return;
    if (!this.#isShown) this.#bar.start(SHARE_TOTAL, 0, { label: this.#label });
    this.#isShown = true;
    this.#bar.update(Math.round((SHARE_TOTAL * Math.min(done, whole)) / whole));
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    if (this.#isShown) this.#bar.stop();
  }
}
