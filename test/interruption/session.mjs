/** A world for random interruptions: replaced by a new one where an interruption has broken it, and looked after by the collector. */
import { Findings, messageOf } from './checks.mjs';
import { settle } from './collector.mjs';
import { isOverflow, judge } from './play.mjs';
import { Report } from './report.mjs';
import { World } from './world.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

/** A library that is so wrong needs no more examples, and leaves a copy of the package behind with each. */
const MOST_VIOLATIONS = 60;
/** Problems that are kept of one loop. */
const MOST_PROBLEMS = 3;

export class Session {
  report = new Report();
  #library;
  #violations = 0;

  /** @param {import('./library.mjs').Library} library */
  constructor(library) {
    this.#library = library;
    this.world = new World(library.load());
  }

  get isHopeless() {
    return this.#violations >= MOST_VIOLATIONS;
  }

  /** @param {string} scenario @param {string} how @param {readonly string[]} problems */
  note(scenario, how, problems) {
    if (problems.length === 0) return;
    this.#violations++;
    this.report.add({ scenario, how, where: 'anywhere', problems: [...new Set(problems)] });
    this.world = new World(this.#library.load());
  }

  /** Judges what a loop over a scenario has left, and gives it back. @param {Scenario} scenario @param {string} how @param {string[]} problems */
  judgeLoop(scenario, how, problems) {
    const findings = new Findings();
    findings.problems.push(...problems);
    judge(this.world, { ...scenario, again: () => undefined, verify: undefined, isAsync: false }, findings);
    this.note(scenario.name, how, findings.problems);
  }

  /** @param {string} scenario @param {string} how */
  async settle(scenario, how) {
    const lost = await settle(this.world).catch(messageOf);
    if (lost) this.note(scenario, how, [lost]);
  }
}

/**
 * Plays a scenario again and again until somebody stops it from outside, and notes errors that nobody expects.
 *
 * @param {World} world @param {Scenario} scenario @param {string[]} problems
 */
export function playForEver(world, scenario, problems) {
  for (;;) playOnce(world, scenario, problems);
}

/** @param {World} world @param {Scenario} scenario @param {string[]} problems */
export function playOnce(world, { arrange, act, cleanup, throws = '', refused = [] }, problems) {
  try {
    arrange?.(world);
    act(world);
  } catch (error) {
    // Lists that earlier loops have left to the collector may be in the way.
    const isExpected = [throws, ...refused].includes(/** @type {any} */ (error).code);
    if (!isExpected && problems.length < MOST_PROBLEMS) problems.push(messageOf(error));
  }
  cleanup?.(world);
  world.endRound();
}

/** Scenarios that can be played in a loop: those that need no turn of the event loop, and are quick. @param {Scenario} scenario */
export function isLoopable({ isCollecting, isSlow }) {
  return !isCollecting && !isSlow;
}

/**
 * Ignores the rejection of a promise that an interrupted scenario has lost, since nobody can handle it: the interruption's own, and
 * those of waits, when their allocator or queue ends.
 *
 * @param {any} error
 */
export function ignoreLostWait(error) {
  if (!isOverflow(error) && error?.code !== 'ERR_GPU_BUDDY_DISPOSED' && error?.name !== 'AbortError')
    throw error;
}
