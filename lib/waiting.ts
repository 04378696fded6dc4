/**
 * Waits for memory to become free. The addon keeps the event count, and tells of the first free after it was asked: the promises of
 * all who wait for that allocator are settled then, and it is asked again if some are left.
 *
 * A wait keeps its allocator alive.
 */
import { AbortListeners } from './abort-listeners';
import { toBoolean, toInteger } from './arguments';
import { makeDeferred } from './deferred';
import * as native from './native';
import { toOptions, type Names } from './options';
import { toSignal, type WaitSignal } from './wait-signal';

/** How to wait for memory. */
export interface WaitForFreeOptions {
  /** Resolves once `epoch` is above this. Default: `epoch` at the call. */
  readonly since?: number | undefined;
  /** An `AbortSignal` that ends the wait: it rejects with the signal's `reason`. */
  readonly signal?: WaitSignal | undefined;
  /** Keeps the event loop going while it waits. Default: true. */
  readonly ref?: boolean | undefined;
}

const OPTION_NAMES: Names<WaitForFreeOptions> = { since: true, signal: true, ref: true };

/** A waiting promise. */
interface Waiter {
  readonly waiters: Waiters;
  readonly since: number;
  readonly ref: boolean;
  readonly signal: WaitSignal | undefined;
  readonly resolve: (epoch: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** The waits for one allocator, through one `GpuBuddy`. */
class Waiters implements native.Waker {
  /** Shared by the waits for all allocators. */
  static readonly #aborts = new AbortListeners<Waiter>((aborted, reason) => {
    const left = new Set<Waiters>();
    for (const waiter of aborted) {
      waiter.reject(reason);
      waiter.waiters.#remove(waiter);
      left.add(waiter.waiters);
    }
    for (const waiters of left) waiters.#update();
  });

  readonly #waiters = new Set<Waiter>();
  /** Number of waits with `ref`. */
  #refs = 0;

  constructor(
    readonly handle: native.Handle,
    readonly toError: (status: number) => Error,
  ) {}

  /** Asks the addon last: a call that is stopped before keeps no event loop going. */
  add(since: number, ref: boolean, signal: WaitSignal | undefined): Promise<number> {
    const { promise, resolve, reject } = makeDeferred<number>();
    const waiter: Waiter = { waiters: this, since, ref, signal, resolve, reject };
    Waiters.#aborts.add(waiter);
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
    Waiters.#aborts.remove(waiter);
  }

  /** Tells the addon which waits are left. */
  #update(): void {
    if (this.#waiters.size !== 0) {
      native.wait(this.handle, this.#refs !== 0);
      return;
    }
    native.endWait(this.handle);
    native.wakers.delete(this.handle.slot);
  }
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

/** Ends the waits of a handle. */
export function endWaits(handle: native.Handle, reason: () => Error): void {
  waitersOf(handle)?.end(reason());
}
