/** Shows progress, and hears Ctrl-C. */
import { Presets, SingleBar } from 'cli-progress';

/** A bar with what is left, where standard error is a terminal. */
export class JobsBar implements Disposable {
  readonly #bar: SingleBar | undefined;

  constructor(done: number, whole: number) {
    if (!process.stderr.isTTY) return;
    const format = '{bar} {value} of {total} jobs, {eta_formatted} left';
    this.#bar = new SingleBar({ format, etaBuffer: 200, stream: process.stderr }, Presets.shades_classic);
    this.#bar.start(whole, done);
  }

  update(done: number): void {
    this.#bar?.update(done);
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
  }
}

/** Why a command was asked to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Aborts a signal at the first Ctrl-C, or SIGTERM; a second one ends the process as always. */
export function interruption(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      controller.abort(new Interrupted(name));
    });
  return controller;
}
