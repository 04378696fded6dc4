/** Listens once to each distinct signal, however many waits it can end. */
import type { WaitSignal } from './wait-signal';

/** A wait that a signal may end. */
interface Abortable {
  readonly signal: WaitSignal | undefined;
}

interface Listener<Wait> {
  readonly waits: Set<Wait>;
  readonly listen: () => void;
}

export class AbortListeners<Wait extends Abortable> {
  /** Keyed by signal: a wait that was stopped before it began is collected with its signal. */
  readonly #listeners = new WeakMap<WaitSignal, Listener<Wait>>();
  readonly #onAbort: (waits: ReadonlySet<Wait>, reason: unknown) => void;

  /** @param onAbort is told of all waits of a signal, once */
  constructor(onAbort: (waits: ReadonlySet<Wait>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  add(wait: Wait): void {
    const { signal } = wait;
    if (signal) (this.#listeners.get(signal) ?? this.#listenTo(signal)).waits.add(wait);
  }

  /** Stops listening to a signal with its last wait. */
  remove(wait: Wait): void {
    const { signal } = wait;
    const listener = signal && this.#listeners.get(signal);
    if (!listener) return;
    listener.waits.delete(wait);
    if (listener.waits.size > 0) return;
    this.#listeners.delete(signal);
    signal.removeEventListener('abort', listener.listen);
  }

  #listenTo(signal: WaitSignal): Listener<Wait> {
    const waits = new Set<Wait>();
    const listen = (): void => {
      this.#onAbort(waits, signal.reason);
    };
    const listener = { waits, listen };
    signal.addEventListener('abort', listen);
    this.#listeners.set(signal, listener);
    return listener;
  }
}
