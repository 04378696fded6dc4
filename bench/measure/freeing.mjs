// Allocates one block among a thousand and gives it back, by each of the ways there are: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { GpuBuddy } from '../library.mjs';
import { report } from './report.mjs';
import { compileUsing } from '../using.mjs';

const SZ_4K = 4096;
const COUNT = 200_000;
/** Lists that are dropped between two turns of the event loop. */
const DROPPED_A_TURN = 10_000;
const MOST_TURNS = 1000;

const buddy = new GpuBuddy({ size: 2 ** 40 });
const live = buddy.allocMany(2000, SZ_4K).filter((blocks, i) => {
  if (i % 2 === 0) blocks.free();
  return i % 2;
});
const { avail } = buddy;
const allocateUsing = await compileUsing();

function byFree() {
  for (let i = 0; i < COUNT; i++) {
    const blocks = buddy.allocBlocks(SZ_4K);
    blocks.free();
  }
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** All that is dropped is given back before the end. */
async function byCollector() {
  for (let done = 0; done < COUNT; done += DROPPED_A_TURN) {
    for (let i = 0; i < DROPPED_A_TURN; i++) buddy.allocBlocks(SZ_4K);
    await turn();
  }
  for (let turns = 0; buddy.avail < avail; turns++) {
    if (turns === MOST_TURNS) throw new Error('The collector leaves lists behind.');
    globalThis.gc?.();
    await turn();
  }
}

const measurements = {
  free: () => timed(byFree, COUNT),
  using: () => timed(() => allocateUsing(buddy, SZ_4K, COUNT), COUNT),
  collector: () => timed(byCollector, COUNT),
};
await interleave(measurements, 1);
const times = await interleave(measurements, Number(process.argv[2]));
if (!live.every((blocks) => !blocks.freed)) throw new Error('The thousand have gone.');
report(times);
