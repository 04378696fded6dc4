/** Makes promises that are settled from outside. */

/** A promise, and the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes a promise that counts as handled: whoever is stopped before a caller has it leaves no rejection that nobody can handle.
 * An async function that returns it gives its caller another one, which counts.
 */
export function makeDeferred<T>(): Deferred<T> {
  const settlers: unknown[] = [];
  // A native function: one of ours could be stopped, which would reject the promise.
  const promise = new Promise<T>(settlers.push.bind(settlers));
  promise.catch(ignore);
  const [resolve, reject] = settlers as [Deferred<T>['resolve'], Deferred<T>['reject']];
  return { promise, resolve, reject };
}

function ignore(): void {
  // Rejections are seen by the caller's own promise.
}
