/** Stops every scenario at every step of the library, one after the other, and judges what is left. */
import vm from 'node:vm';
import { isCrowded, settle } from './collector.mjs';
import { messageOf } from './checks.mjs';
import { isOverflow, play } from './play.mjs';
import { randomNumbers } from '../support/random.cjs';
import { Report } from './report.mjs';
import { arm, disarm, endTrail, startTrail } from './steps.mjs';
import { World } from './world.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */
/** @typedef {import('./library.mjs').Library} Library */
/** @typedef {import('./steps.mjs').Kind} Kind */

/**
 * `every`: each step in so many is interrupted, all by default. `isBrief`: of scenarios that take long, not all are.
 *
 * @typedef {{ seed?: number, every?: number, isBrief?: boolean }} Options
 */

/** Interruptions after which the collector must bring everything back. */
const WINDOW = 64;
/**
 * Steps of a scenario that are interrupted: each statement's first and last ones come first. Slow scenarios make thousands of
 * lists; others wait for the collector each time.
 */
const MOST_STEPS = {
  thorough: { quick: 4000, slow: 600, collecting: 4000 },
  brief: { quick: 4000, slow: 30, collecting: 60 },
};
/** The number of times that leaks are traced to their steps in a scenario. */
const MOST_HUNTS = 1;
/** A scenario with more violations is given up. */
const MOST_VIOLATIONS = 20;
/** Longer than any scenario takes to come to the step at which it is to be stopped. */
const FIRST_TIMEOUT = 2;

export class EveryStep {
  /** The sites that were met. @type {Set<number>} */
  reached = new Set();
  report = new Report();
  /** The number of copies of the package that were loaded. The addon keeps each of them as long as the process lives. */
  copies = 0;
  #library;
  #every;
  #most;
  #random;
  /** @type {World} */
  #world;
  /** @type {Error[]} */
  #uncaught = [];
  #script = new vm.Script('act()');
  /** One that is kept: V8 may forget finalization when a context goes. @type {any} */
  #context = vm.createContext({});

  /**
   * @param {Library} library
   * @param {Options} [options]
   */
  constructor(library, { seed = 1, every = 1, isBrief = false } = {}) {
    this.#library = library;
    this.#world = this.#renew();
    this.#every = every;
    this.#most = isBrief ? MOST_STEPS.brief : MOST_STEPS.thorough;
    this.#random = randomNumbers(seed);
  }

  /** @param {readonly Scenario[]} scenarios @param {Kind} kind */
  async run(scenarios, kind) {
    const listener = (/** @type {Error} */ error) => void this.#uncaught.push(error);
    process.on('uncaughtException', listener);
    try {
      for (const scenario of scenarios)
        if (!scenario.isAsync || kind !== 'terminate') await this.#runScenario(scenario, kind);
    } finally {
      process.off('uncaughtException', listener);
    }
  }

  /** @param {Scenario} scenario @param {Kind} kind */
  async #runScenario(scenario, kind) {
    const trail = await this.#measure(scenario);
    const row = this.report.row(scenario.name);
    row.statements = new Set(trail).size;
    row.steps = trail.length;
    /** @type {number[]} */
    let window = [];
    let hunts = 0;
    const endWindow = async () => {
      const lost = await settle(this.#world);
      if (lost) {
        this.#renew();
        if (hunts++ < MOST_HUNTS) await this.#hunt(scenario, window, kind, lost);
        else this.#add(scenario, kind, `steps ${window[0]} to ${window.at(-1)}`, [lost]);
      }
      window = [];
    };

    await endWindow();
    for (const n of this.#choose(trail, this.#most[speedOf(scenario)])) {
      if (row.violations >= MOST_VIOLATIONS) break;
      if (await this.#interruptAt(scenario, n, kind, row)) window.push(n);
      if (window.length === WINDOW || isCrowded(this.#world)) await endWindow();
    }
    await endWindow();
  }

  /** Plays a scenario to its end, and gives the sites of its steps. @param {Scenario} scenario */
  async #measure(scenario) {
    // Once before, so that what is made at the first time only does not count.
    await this.#play(scenario, 'without an interruption', (act) => act());
    /** @type {number[]} */
    let trail = [];
    await this.#play(scenario, 'without an interruption', async (act) => {
      startTrail();
      try {
        await act();
      } finally {
        trail = endTrail();
      }
    });
    for (const site of trail) this.reached.add(site);
    return trail;
  }

  /** @param {Scenario} scenario @param {string} how @param {(act: () => unknown) => unknown} run */
  async #play(scenario, how, run) {
    const problems = await play(this.#world, scenario, async (act) => {
      try {
        await run(act);
        return undefined;
      } catch (error) {
        return error;
      }
    });
    if (problems.length === 0) return;
    this.#add(scenario, how, 'nowhere', problems);
    this.#renew();
  }

  /**
   * The steps to interrupt, counted from 1: all, or, of too many, of each site the first and the last one, and others.
   *
   * @param {number[]} trail @param {number} most
   */
  #choose(trail, most) {
    const all = trail.map((_, index) => index + 1);
    const few = all.length > most ? this.#sample(trail, most) : all;
    const offset = this.#random() % this.#every;
    return few.filter((_, index) => index % this.#every === offset);
  }

  /** @param {number[]} trail @param {number} most */
  #sample(trail, most) {
    const places = trail.map((site, index) => /** @type {const} */ ([site, index + 1]));
    const first = shuffled([...new Map([...places].reverse()).values()], this.#random);
    const last = shuffled([...new Map(places).values()], this.#random);
    const chosen = new Set([...first, ...last].slice(0, most));
    while (chosen.size < most) chosen.add(1 + (this.#random() % trail.length));
    return [...chosen].sort((a, b) => a - b);
  }

  /**
   * Gives whether the world can be used any more.
   *
   * @param {Scenario} scenario @param {number} n @param {Kind} kind @param {{ interruptions: number }} [row]
   */
  async #interruptAt(scenario, n, kind, row) {
    let where = 'nowhere';
    let wasStopped = false;
    this.#uncaught = [];
    /** @type {string[]} */
    let problems;
    try {
      problems = await play(this.#world, scenario, (act) => {
        const ended = this.#stop(act, n, kind, scenario.isAsync === true);
        const finish = (/** @type {unknown} */ error) => {
          const { site, error: thrown } = disarm();
          wasStopped = site !== undefined;
          if (site !== undefined) {
            this.reached.add(site);
            where = this.#nameOf(site);
          }
          return error === thrown ? undefined : error;
        };
        return ended instanceof Promise ? ended.then(finish) : finish(ended);
      });
    } catch (error) {
      problems = [`the world is broken: ${messageOf(error)}`];
    }
    for (const error of this.#uncaught)
      if (!isOverflow(error)) problems.push(`uncaught: ${messageOf(error)}`);
    if (row && wasStopped) row.interruptions++;
    if (problems.length === 0) return true;
    this.#add(scenario, `${kind} at step ${n}`, where, problems);
    this.#renew();
    return false;
  }

  /**
   * Gives what the scenario threw.
   *
   * @param {() => unknown} act @param {number} n @param {Kind} kind @param {boolean} isAsync
   */
  #stop(act, n, kind, isAsync) {
    if (isAsync) {
      return (async () => {
        arm(n, kind);
        try {
          await act();
          return undefined;
        } catch (error) {
          return error;
        }
      })();
    }
    try {
      if (kind === 'terminate') this.#terminate(act, n);
      else {
        arm(n, kind);
        act();
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** @param {() => unknown} act @param {number} n */
  #terminate(act, n) {
    this.#context.act = () => {
      arm(n, 'terminate');
      act();
    };
    this.#script.runInContext(this.#context, { timeout: FIRST_TIMEOUT });
  }

  /**
   * Repeats interruptions one by one, to tell which of them leak.
   *
   * @param {Scenario} scenario @param {number[]} steps @param {Kind} kind @param {string} lost by all of them
   */
  async #hunt(scenario, steps, kind, lost) {
    let found = 0;
    for (const n of steps) {
      if (!(await this.#interruptAt(scenario, n, kind))) continue;
      const lostHere = await settle(this.#world);
      if (!lostHere) continue;
      found++;
      this.#add(scenario, `${kind} at step ${n}`, await this.#whereIs(scenario, n), [lostHere]);
      this.#renew();
    }
    if (found > 0) return;
    for (const n of steps) await this.#interruptAt(scenario, n, kind);
    const lostAgain = await settle(this.#world);
    if (!lostAgain) return;
    const where = `steps ${steps[0]} to ${steps.at(-1)}`;
    this.#add(scenario, kind, where, [lost, `${lostAgain} again, but nothing by one of these steps alone`]);
    this.#renew();
  }

  /** @param {Scenario} scenario @param {number} n */
  async #whereIs(scenario, n) {
    let where = 'nowhere';
    await play(this.#world, scenario, async (act) => {
      startTrail();
      try {
        await act();
      } catch {
        // Only the steps before count.
      }
      const site = endTrail()[n - 1];
      if (site !== undefined) where = this.#nameOf(site);
    });
    return where;
  }

  /** @param {number} site */
  #nameOf(site) {
    const { file, line, name } = this.#library.sites[site] ?? {};
    return `${name} (${file}:${line})`;
  }

  /** @param {Scenario} scenario @param {string} how @param {string} where @param {string[]} problems */
  #add({ name }, how, where, problems) {
    this.report.add({ scenario: name, how, where, problems: [...new Set(problems)] });
  }

  /** Starts again with a fresh copy of the package: what was interrupted may have left the old one useless. */
  #renew() {
    this.copies++;
    return (this.#world = new World(this.#library.load()));
  }
}

/** @param {Scenario} scenario */
function speedOf({ isSlow, isCollecting }) {
  if (isCollecting) return 'collecting';
  return isSlow ? 'slow' : 'quick';
}

/** @param {number[]} numbers @param {() => number} random */
function shuffled(numbers, random) {
  return numbers
    .map((number) => /** @type {const} */ ([random(), number]))
    .sort(([a], [b]) => a - b)
    .map(([, number]) => number);
}
