/** A thread that plays all scenarios on an allocator that others use, too, until it is terminated. Some use bigints. */
import { parentPort, workerData } from 'node:worker_threads';
import { turn } from './collector.mjs';
import { plainLibrary } from './library.mjs';
import { randomNumbers } from '../support/random.cjs';
import { scenarios } from './scenarios/index.mjs';
import { isLoopable, playOnce } from './session.mjs';
import { World } from './world.mjs';

const library = plainLibrary().load();
const random = randomNumbers(workerData.seed);
const usable = scenarios.filter(isLoopable);
const opened = library.GpuBuddy.from(workerData.token, { bigint: workerData.seed % 2 === 0 });
const world = new World(library, opened);
await begin();
parentPort?.postMessage('at work');

/** Begins when the others leave space. */
async function begin() {
  for (;;) {
    try {
      return world.begin();
    } catch {
      world.forget();
      await turn();
    }
  }
}

for (;;) {
  const scenario = usable[random() % usable.length];
  // The other workers decide which memory is free.
  if (scenario) playOnce(world, scenario, []);
  // Some lists are left to the collector and to the end of the thread.
  if (random() % 16 === 0) world.small.tryAllocBlocks(4096)?.transfer();
  if (random() % 16 === 0) world.small.tryAllocBlocks(4096)?.park();
  if (random() % 16 === 0) world.small.tryAllocBlocks(4096);
  if (random() % 8 === 0) await turn();
}
