/** Terminates threads at random moments of their work on an allocator that they share with this one. */
import { Worker } from 'node:worker_threads';
import { messageOf } from './checks.mjs';
import { settle, turn } from './collector.mjs';
import { randomNumbers } from '../support/random.cjs';
import { Report } from './report.mjs';
import { isLoopable, playOnce } from './session.mjs';
import { MIB, SMALL, World } from './world.mjs';

/** @typedef {import('./world.mjs').Scenario} Scenario */

const MOST_AT_ONCE = 3;
const LONGEST_LIFE = 300;
const NAME = 'a thread that is terminated';

/**
 * @param {import('./library.mjs').Library} library @param {readonly Scenario[]} scenarios
 * @param {{ count: number, seed: number }} options `count`: threads
 */
export async function workers(library, scenarios, { count, seed }) {
  const report = new Report();
  const row = report.row(NAME);
  const random = randomNumbers(seed);
  const usable = scenarios.filter(isLoopable);
  const loaded = library.load();
  for (let started = 0; started < count;) {
    const shared = new loaded.GpuBuddy({ ...SMALL, size: 64 * MIB });
    const world = new World(loaded, shared);
    /** @type {string[]} */
    const problems = [];
    const many = Math.min(MOST_AT_ONCE, count - started);
    const lives = Array.from({ length: many }, () =>
      live(shared.share(), seed + ++started, random() % LONGEST_LIFE, problems),
    );
    let isOver = false;
    const ends = Promise.all(lives).finally(() => (isOver = true));
    while (!isOver) {
      const scenario = usable[random() % usable.length];
      // The workers disturb each other: only the memory left at the end counts.
      if (scenario) playOnce(world, scenario, []);
      await turn();
    }
    row.interruptions += (await ends).length;
    world.forget();
    // Lists that a thread has parked stay when it ends.
    for (const { token } of shared.parked()) loaded.AllocatedBlocks.revoke(token);
    const lost = await settle(world).catch(messageOf);
    if (lost) problems.push(`after ${started} threads: ${lost}`);
    if (problems.length) report.add({ scenario: NAME, how: 'terminate()', where: 'anywhere', problems });
  }
  return report.toJSON();
}

/**
 * A thread, to its end.
 *
 * @param {import('gpu-buddy').GpuBuddyToken} token @param {number} seed @param {number} milliseconds @param {string[]} problems
 */
async function live(token, seed, milliseconds, problems) {
  const worker = new Worker(new URL('worker-thread.mjs', import.meta.url), { workerData: { token, seed } });
  worker.on('error', (error) => problems.push(`a thread ended with ${messageOf(error)}`));
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  await Promise.race([new Promise((resolve) => worker.once('message', resolve)), exit]);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await worker.terminate();
  await exit;
}
