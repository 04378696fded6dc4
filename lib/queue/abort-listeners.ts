/** Listens once to each distinct signal, however many requests it can end. */
import type { Bytes, WaitSignal } from 'gpu-buddy';
import type { Request } from './request';

interface Listener<N extends Bytes> {
  readonly requests: Set<Request<N>>;
  readonly listen: () => void;
}

export class AbortListeners<N extends Bytes> {
  readonly #listeners = new Map<WaitSignal, Listener<N>>();
  readonly #onAbort: (requests: ReadonlySet<Request<N>>, reason: unknown) => void;

  /** @param onAbort is told of all requests of a signal, once */
  constructor(onAbort: (requests: ReadonlySet<Request<N>>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  add(request: Request<N>): void {
    const { signal } = request;
    if (signal) (this.#listeners.get(signal) ?? this.#listenTo(signal)).requests.add(request);
  }

  /** Stops listening to a signal with its last request. */
  remove(request: Request<N>): void {
    const { signal } = request;
    const listener = signal && this.#listeners.get(signal);
    if (!listener) return;
    listener.requests.delete(request);
    if (listener.requests.size > 0) return;
    this.#listeners.delete(signal);
    signal.removeEventListener('abort', listener.listen);
  }

  #listenTo(signal: WaitSignal): Listener<N> {
    const requests = new Set<Request<N>>();
    const listen = (): void => {
      this.#onAbort(requests, signal.reason);
    };
    const listener = { requests, listen };
    signal.addEventListener('abort', listen);
    this.#listeners.set(signal, listener);
    return listener;
  }
}
