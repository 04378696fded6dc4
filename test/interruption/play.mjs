/** Plays one scenario in a world, from its beginning to the checks: how it is interrupted is the caller's business. */
import { check, checkLists, Findings, messageOf } from './checks.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').Scenario} Scenario */

/**
 * Runs `act`, which may be stopped in the middle, and tells what it threw.
 * @typedef {(act: () => unknown) => unknown | Promise<unknown>} Interrupt
 */

/** Errors that an interruption makes, besides those of this library. */
const INTERRUPTIONS = ['ERR_SCRIPT_EXECUTION_TIMEOUT', 'ERR_SCRIPT_EXECUTION_INTERRUPTED'];

/**
 * @param {World} world
 * @param {Scenario} scenario
 * @param {Interrupt} interrupt
 * @returns {Promise<string[]>} what is wrong afterwards
 */
export async function play(world, scenario, interrupt) {
  const findings = new Findings();
  world.begin();
  const ready = scenario.arrange?.(world);
  if (ready) await ready;
  const ended = interrupt(() => scenario.act(world));
  const error = ended instanceof Promise ? await ended : ended;
  judgeError(scenario, error, findings);
  const done = judge(world, scenario, findings);
  if (done) await done;
  return findings.problems;
}

/** @param {Scenario} scenario @param {any} error @param {Findings} findings */
function judgeError({ throws }, error, findings) {
  if (error === undefined || isOverflow(error)) return;
  if (INTERRUPTIONS.includes(error.code) || error.code === throws || isOurs(error)) return;
  findings.problems.push(`it ended with ${messageOf(error)}`);
}

/** Tells whether the stack was full: V8 throws a RangeError, or, in a regular expression, a SyntaxError. @param {unknown} error */
export function isOverflow(error) {
  return error instanceof Error && error.message.includes('Maximum call stack size exceeded');
}

/** Tells whether an error is one of this library's. @param {any} error */
function isOurs(error) {
  return error?.name === 'GpuBuddyError' || error?.name === 'TraceError';
}

/**
 * Checks the world, lets the call be repeated, checks again, and gives everything back.
 *
 * @param {World} world @param {Scenario} scenario @param {Findings} findings
 */
export function judge(world, scenario, findings) {
  check(world, findings);
  const repeated = findings.attempt('again', () => repeat(world, scenario));
  /** After the repetition. The next play begins with what it has left. */
  const finish = () => {
    findings.attempt('afterwards', () => scenario.verify?.(world));
    findings.attempt('the lists afterwards', () => checkLists(world, findings));
    findings.attempt('cleaning up', () => scenario.cleanup?.(world));
    world.end((what, error) => findings.problems.push(`${what}: ${messageOf(error)}`));
  };
  if (repeated instanceof Promise) return repeated.then(finish);
  finish();
  return undefined;
}

/** @param {World} world @param {Scenario} scenario */
function repeat(world, { act, again = act, refused = [], throws }) {
  try {
    return again(world);
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    if (code === throws || refused.includes(code)) return undefined;
    throw error;
  }
}
