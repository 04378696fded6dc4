/** Ends loops over the methods by the timeout of `vm`, wherever they are. */
import vm from 'node:vm';
import { messageOf } from './checks.mjs';
import { isCrowded } from './collector.mjs';
import { randomNumbers } from '../support/random.cjs';
import { ignoreLostWait, isLoopable, playForEver, playOnce, Session } from './session.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

const LONGEST_TIMEOUT = 3;
const LOOPS_A_COLLECTION = 10;

/**
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios
 * @param {{ count: number, seed: number }} options `count`: timeouts
 */
export async function timeouts(library, scenarios, { count, seed }) {
  const random = randomNumbers(seed);
  const script = new vm.Script('loop()');
  // One that is kept: V8 may forget finalization when a context goes.
  const context = vm.createContext({ loop: () => undefined });
  return interruptLoops(library, scenarios, { count, seed }, 'vm timeout', (loop) => {
    context['loop'] = loop;
    script.runInContext(context, { timeout: 1 + (random() % LONGEST_TIMEOUT) });
  });
}

/**
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios
 * @param {{ count: number, seed: number }} options
 * @param {string} how
 * @param {(loop: () => void) => unknown} interrupt runs the loop, and throws when it has ended
 */
export async function interruptLoops(library, scenarios, { count, seed }, how, interrupt) {
  const session = new Session(library);
  const usable = scenarios.filter(isLoopable);
  process.on('unhandledRejection', ignoreLostWait);
  const first = randomNumbers(seed)();
  // Node loads parts of itself when they are used first, and is never whole again where that was interrupted.
  session.world.begin();
  for (const scenario of usable) playOnce(session.world, scenario, []);
  session.world.end((what, error) => session.note(what, 'without an interruption', [messageOf(error)]));
  for (let i = 0; i < count && !session.isHopeless; i++) {
    const scenario = /** @type {Scenario} */ (usable[(first + i) % usable.length]);
    const { world } = session;
    /** @type {string[]} */
    const problems = [];
    try {
      world.begin();
      await interrupt(() => playForEver(world, scenario, problems));
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (!/^ERR_SCRIPT_EXECUTION_/.test(code)) problems.push(`the loop ended with ${code ?? message}`);
    }
    session.report.row(scenario.name).interruptions++;
    session.judgeLoop(scenario, how, problems);
    const isDue = i % LOOPS_A_COLLECTION === LOOPS_A_COLLECTION - 1 || i === count - 1;
    if (isDue || isCrowded(session.world))
      await session.settle(scenario.name, `${how}, this one or one of the ${LOOPS_A_COLLECTION} before`);
  }
  process.off('unhandledRejection', ignoreLostWait);
  return session.report.toJSON();
}
