/**
 * Interrupts scenarios that make allocators again and again, and looks whether the process grows: an allocator that nobody knows
 * any more can be seen in no other way. Linux only.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from './checks.mjs';
import { collect, settle, turn } from './collector.mjs';
import { Report } from './report.mjs';
import { arm, disarm } from './steps.mjs';
import { World } from './world.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

const PLAYS_A_COLLECTION = 128;
const COLLECTIONS_BEFORE_A_LOOK = 4;
/** Rounds before the first look. */
const WARM_UP = 3;
/** Lost memory makes the process grow from each look to the next; memory that malloc() keeps for later, once. */
const LOOKS = 3;
const MOST_LOOKS = 9;
/** An allocator takes more than this. */
const BYTES_OF_A_LOSS = 100_000;

/**
 * Watches the memory of each of these scenarios that makes allocators, and interrupts each of its steps so many times.
 *
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios @param {number} rounds
 */
export async function watchMemory(library, scenarios, rounds) {
  const report = new Report();
  for (const scenario of scenarios) {
    if (!scenario.makesAllocators || scenario.isAsync) continue;
    const row = report.row(`memory of ${scenario.name}`);
    const add = (/** @type {string} */ problem) =>
      report.add({ scenario: row.name, how: 'throw', where: 'each step', problems: [problem] });
    try {
      const { growth, plays } = await growthOf(library, scenario, rounds);
      row.interruptions = plays;
      if (growth > rounds * BYTES_OF_A_LOSS) add(`the process has grown by ${growth} bytes`);
    } catch (error) {
      add(messageOf(error));
    }
  }
  return report.toJSON();
}

/**
 * @param {import('./library.mjs').Library} library @param {Scenario} scenario @param {number} rounds
 * @returns {Promise<{ growth: number, plays: number }>} bytes by which the process grows in so many rounds
 */
async function growthOf(library, scenario, rounds) {
  const world = new World(library.load());
  // Twice: the first time makes what is kept.
  playOnce(world, scenario, 0);
  const steps = playOnce(world, scenario, 0);
  let plays = 0;
  const playAll = async () => {
    for (let n = 1; n <= steps; n++) {
      playOnce(world, scenario, n);
      if (++plays % PLAYS_A_COLLECTION > 0) continue;
      collect();
      await turn();
    }
  };
  const measure = async () => {
    for (let i = 0; i < COLLECTIONS_BEFORE_A_LOOK; i++) {
      await turn();
      collect();
    }
    await turn();
    const lost = await settle(world);
    if (lost) throw new Error(lost);
    return dataBytes() - process.memoryUsage().heapTotal;
  };

  for (let round = 0; round < WARM_UP; round++) await playAll();
  /** @type {number[]} */
  const growths = [];
  let before = await measure();
  const isGrowing = () => LOOKS * Math.min(...growths) > rounds * BYTES_OF_A_LOSS;
  for (let look = 0; look < LOOKS || (look < MOST_LOOKS && isGrowing()); look++) {
    for (let round = 0; round < rounds / LOOKS; round++) await playAll();
    const now = await measure();
    growths.push(now - before);
    before = now;
  }
  return { growth: LOOKS * Math.min(...growths), plays };
}

/**
 * Gives how many steps there were.
 *
 * @param {World} world @param {Scenario} scenario @param {number} n
 */
function playOnce(world, scenario, n) {
  scenario.arrange?.(world);
  arm(n, 'throw');
  try {
    scenario.act(world);
  } catch {
    // Checks have their own run.
  }
  const { count } = disarm();
  scenario.cleanup?.(world);
  world.end((what, error) => {
    if (!(error instanceof Error)) throw new Error(`${what}: ${messageOf(error)}`);
  });
  world.mortals = [];
  return count;
}

/** Bytes that the process has mapped for data, used or not. */
function dataBytes() {
  const [, kilobytes] = /VmData:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}
