/** Counts the steps that instrument.mjs has inserted, and stops the code at the one that it is armed for. */

/**
 * The act at a step: `throw` throws there; `throw-on` throws there and at every step after it, as where the stack stays
 * full; `terminate` waits there for the timeout of `vm`, which runs neither `catch` nor `finally`.
 * @typedef {'throw' | 'throw-on' | 'terminate'} Kind
 */

const NEVER = -1;

let count = 0;
let target = NEVER;
/** @type {Kind} */
let kind = 'throw';
/** The sites in the order in which they are met, while somebody wants to know. @type {number[] | undefined} */
let trail;
/** @type {Error | undefined} */
let lastError;
/** The place at which the code was stopped. */
let stoppedAt = NEVER;

/** @param {number} site */
function step(site) {
  count++;
  if (trail) trail.push(site);
  if (count === target) stop(site);
}

/** @template T @param {T} value @param {number} site @returns {T} */
function after(value, site) {
  step(site);
  return value;
}

/** @param {number} site */
function stop(site) {
  if (stoppedAt === NEVER) stoppedAt = site;
  if (kind === 'terminate') for (;;);
  if (kind === 'throw-on') target++;
  throw (lastError = stackOverflow());
}

/** Makes an error without a stack: the frames there would keep the objects alive whose methods were stopped. */
function stackOverflow() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new RangeError('Maximum call stack size exceeded');
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Lets instrumented code find its steps. Must come before such code is loaded. */
export function installSteps() {
  /** @type {any} */ (globalThis)[Symbol.for('gpu-buddy.steps')] = { step, after };
}

/** From now on the nth step is the one. @param {number} n counted from 1 @param {Kind} how */
export function arm(n, how) {
  count = 0;
  stoppedAt = NEVER;
  lastError = undefined;
  kind = how;
  target = n;
}

/** Ends it. Tells how far the code has come, and the site at which it was stopped, if it was. */
export function disarm() {
  target = NEVER;
  return { count, site: stoppedAt === NEVER ? undefined : stoppedAt, error: lastError };
}

export function startTrail() {
  trail = [];
}

/** The sites of all steps since. @returns {number[]} */
export function endTrail() {
  const sites = trail ?? [];
  trail = undefined;
  return sites;
}
