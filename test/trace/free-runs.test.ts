// The longest run of free memory, against a plain array of chunks.
import { expect, test } from '@jest/globals';
import { GpuBuddy, type AllocatedBlocks } from 'gpu-buddy';
import { FreeRuns } from '../../lib/trace/policy/free-runs';
import { Random } from '../support/random';

function longestIn(isFree: readonly boolean[]): number {
  let longest = 0;
  let run = 0;
  for (const free of isFree) {
    run = free ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

test.each([1, 2, 3, 7, 8, 100, 257])('%i chunks, all free, are one run', (chunks) => {
  expect(new FreeRuns(chunks).longest).toBe(chunks);
});

test.each([5, 64, 300])('random blocks in %i chunks', (chunks) => {
  const random = new Random(chunks);
  const isFree = new Array<boolean>(chunks).fill(true);
  const runs = new FreeRuns(chunks);
  for (let round = 0; round < 2000; round++) {
    const order = random.below(4);
    const start = random.below(Math.ceil(chunks / 2 ** order)) * 2 ** order;
    if (start + 2 ** order > chunks) continue;
    const free = random.below(2) === 0;
    runs.set(start, order, free);
    isFree.fill(free, start, start + 2 ** order);
    expect(runs.longest).toBe(longestIn(isFree));
  }
});

test('agrees with freeSegments() of an allocator', () => {
  const random = new Random(7);
  const buddy = new GpuBuddy({ size: 1000 * 4096 });
  const runs = new FreeRuns(1000);
  const live: AllocatedBlocks[] = [];
  const mark = (blocks: AllocatedBlocks, free: boolean) => {
    for (const { offset, order } of blocks) runs.set(offset / 4096, order, free);
  };
  for (let round = 0; round < 500; round++) {
    const victim = random.below(3) === 0 ? live.splice(random.below(live.length || 1), 1)[0] : undefined;
    if (victim) {
      mark(victim, true);
      victim.free();
    } else {
      const blocks = buddy.tryAllocBlocks((1 + random.below(40)) * 4096);
      if (blocks) mark(blocks, false);
      if (blocks) live.push(blocks);
    }
    expect(runs.longest * 4096).toBe(Math.max(0, ...buddy.freeSegments().map(({ size }) => size)));
  }
  for (const blocks of live) blocks.free();
});
