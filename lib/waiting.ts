/**
 * Waits for memory to become free. The addon keeps the event count, and tells of the first free after it was asked: the promises of
 * all who wait for that allocator are settled then, and it is asked again if some are left.
 *
 * A wait keeps its allocator alive.
 */
import { toBoolean, toInteger } from './arguments';
import { invalidArgType } from './errors';
import * as native from './native';
import { toOptions, type Names } from './options';

/** The part of `AbortSignal` that is used here, since not every program has its type. */
export interface WaitSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The end of a wait, and what it does to the process. */
export interface WaitForFreeOptions {
  /** Resolves once `epoch` is above this. Default: what it is at the call. */
  readonly since?: number | undefined;
  /** An `AbortSignal` that ends the wait: it rejects with the signal's `reason`. */
  readonly signal?: WaitSignal | undefined;
  /** Keep the event loop going as long as it waits. Default: true. */
  readonly ref?: boolean | undefined;
}

const OPTION_NAMES: Names<WaitForFreeOptions> = { since: true, signal: true, ref: true };

/** A promise that waits. */
interface Waiter {
  readonly since: number;
  readonly ref: boolean;
  readonly signal: WaitSignal | undefined;
  readonly abort: () => void;
  readonly resolve: (epoch: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** The waits for one allocator, through one `GpuBuddy`. */
class Waiters implements native.Waker {
  readonly #waiters = new Set<Waiter>();
  /** How many waits have `ref`. */
  #refs = 0;

  constructor(
    readonly handle: native.Handle,
    readonly toError: (status: number) => Error,
  ) {}

  /** Asks the addon last: whoever is stopped before that keeps no event loop going. */
  add(since: number, ref: boolean, signal: WaitSignal | undefined): Promise<number> {
    const settlers: unknown[] = [];
    // No function of ours, which could be stopped, and would reject the promise.
    const promise = new Promise<number>(settlers.push.bind(settlers));
    // A caller that is stopped after that has no promise to handle.
    promise.catch(ignore);
    const [resolve, reject] = settlers as [Waiter['resolve'], Waiter['reject']];
    const abort = (): void => {
      reject(signal?.reason);
      this.#remove(waiter);
      this.#update();
    };
    const waiter: Waiter = { since, ref, signal, abort, resolve, reject };
    signal?.addEventListener('abort', abort);
    this.#waiters.add(waiter);
    if (ref) this.#refs++;
    native.wakers.set(this.handle.slot, this);
    this.wake();
    return promise;
  }

  wake(): void {
    const status = native.wait(this.handle, this.#refs !== 0);
    if (status !== native.OK) {
      this.end(this.toError(status));
      return;
    }
    const epoch = native.epochFound();
    for (const waiter of this.#waiters)
      if (waiter.since < epoch) {
        waiter.resolve(epoch);
        this.#remove(waiter);
      }
    this.#update();
  }

  end(reason: Error): void {
    for (const waiter of this.#waiters) {
      waiter.reject(reason);
      this.#remove(waiter);
    }
    this.#update();
  }

  #remove(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    if (waiter.ref) this.#refs--;
    waiter.signal?.removeEventListener('abort', waiter.abort);
  }

  /** Tells the addon who is left. */
  #update(): void {
    if (this.#waiters.size !== 0) {
      native.wait(this.handle, this.#refs !== 0);
      return;
    }
    native.endWait(this.handle);
    native.wakers.delete(this.handle.slot);
  }
}

function ignore(): void {
  // The caller has a promise of its own.
}

function waitersOf(handle: native.Handle): Waiters | undefined {
  const waiters = native.wakers.get(handle.slot);
  return waiters instanceof Waiters && waiters.handle === handle ? waiters : undefined;
}

/**
 * Gives the epoch once that is above `since`. The promise counts as handled: an async function gives it to the program.
 *
 * @param toError makes the error of a status
 */
export function waitForFree(
  handle: native.Handle,
  options: WaitForFreeOptions | undefined,
  toError: (status: number) => Error,
): number | Promise<number> {
  const given = toOptions('options', options, OPTION_NAMES);
  const ref = given.ref === undefined || toBoolean('ref', given.ref);
  const signal = toSignal(given.signal);
  const asked = given.since === undefined ? undefined : toInteger('since', given.since);
  signal?.throwIfAborted();
  const status = native.readEpoch(handle);
  if (status !== native.OK) throw toError(status);
  const epoch = native.epochFound();
  const since = asked ?? epoch;
  if (since < epoch) return epoch;
  const waiters = waitersOf(handle) ?? new Waiters(handle, toError);
  return waiters.add(since, ref, signal);
}

/** Ends all waits through a handle. */
export function endWaits(handle: native.Handle, reason: () => Error): void {
  waitersOf(handle)?.end(reason());
}

export function toSignal(value: unknown): WaitSignal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgType('signal', 'an instance of AbortSignal', value);
  return value as WaitSignal;
}
