/** Lets calls run out of stack: at every depth near the limit, frame by frame, shifted by a word at a time. */
import { setFlagsFromString } from 'node:v8';
import { messageOf } from './checks.mjs';
import { isOverflow, play } from './play.mjs';
import { randomNumbers } from '../support/random.cjs';
import { ignoreLostWait, Session } from './session.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

/** Words by which a sweep is shifted: together as large as a frame. */
const MOST_WORDS = 20;
/** Consecutive calls without a stack overflow that end a sweep. */
const ENOUGH = 3;
const MOST_FRAMES = 400;
/** More frames than any stack has room for. Not Infinity: V8 compiles the calls for integers. */
const MANY = 1e9;

let depth = 0;

// A frame of this function must be as large every time: it is never optimized. The library is.
for (const compiler of ['turbo', 'maglev']) setFlagsFromString(`--${compiler}-filter=~fillStack`);

/** @param {number} frames @param {() => unknown} run @returns {number} */
function fillStack(frames, run) {
  depth++;
  if (frames === 0) {
    run();
    return 1;
  }
  return fillStack(frames - 1, run) + 1;
}

/** Calls from so many frames further down. @param {number} frames @param {number} words @param {() => unknown} run */
function callFrom(frames, words, run) {
  fillStack.apply(null, /** @type {any} */ ([frames, run, ...new Array(words).fill(0)]));
}

/** Lets V8 compile the calls as they will be. */
function warmUp() {
  for (let i = 0; i < 1000; i++) callFrom(100, i % MOST_WORDS, () => undefined);
}

/** Counts the frames that there is room for. @param {number} words */
function measure(words) {
  depth = 0;
  try {
    callFrom(MANY, words, () => undefined);
  } catch {
    return depth;
  }
  return 0;
}

/**
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios
 * @param {{ count: number, seed: number }} options `count`: overflows
 */
export async function overflow(library, scenarios, { count, seed }) {
  warmUp();
  const session = new Session(library);
  const random = randomNumbers(seed);
  const usable = scenarios.filter(({ isAsync, isSlow }) => !isAsync && !isSlow);
  process.on('unhandledRejection', ignoreLostWait);
  let total = 0;
  for (let sweeps = random(); total < count && !session.isHopeless; sweeps++) {
    const scenario = /** @type {Scenario} */ (usable[sweeps % usable.length]);
    total += await sweep(session, scenario, random() % MOST_WORDS);
  }
  process.off('unhandledRejection', ignoreLostWait);
  return session.report.toJSON();
}

/** Gives the number of overflows. @param {Session} session @param {Scenario} scenario @param {number} words */
async function sweep(session, scenario, words) {
  const row = session.report.row(scenario.name);
  let overflows = 0;
  // Near the limit there is no room to compile what was never called.
  await attempt(session, scenario, words, MANY);
  for (let above = 0, fine = 0; fine < ENOUGH && above < MOST_FRAMES; above++) {
    const { isEntered, error, problems } = await attempt(session, scenario, words, above);
    const hasOverflown = isOverflow(error);
    if (isEntered && hasOverflown) overflows++;
    fine = hasOverflown ? 0 : fine + 1;
    session.note(
      scenario.name,
      `stack overflow, ${above} frames and ${words} words from the limit`,
      problems,
    );
    if (session.isHopeless) break;
  }
  await session.settle(scenario.name, `stack overflows, ${words} words from the limit`);
  row.interruptions += overflows;
  return overflows;
}

/** @param {Session} session @param {Scenario} scenario @param {number} words @param {number} above frames that are left */
async function attempt(session, scenario, words, above) {
  /** @type {unknown} */
  let error;
  let isEntered = false;
  try {
    const problems = await play(session.world, scenario, (act) => {
      const frames = measure(words) - above;
      try {
        callFrom(Math.max(frames, 0), words, () => {
          isEntered = true;
          return act();
        });
      } catch (thrown) {
        error = thrown;
      }
      return error;
    });
    return { isEntered, error, problems };
  } catch (thrown) {
    return { isEntered, error, problems: [`the world is broken: ${messageOf(thrown)}`] };
  }
}
