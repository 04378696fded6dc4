// What a million allocations of one 4 KiB block cost, one beside the other, in bytes an allocation: WAY, api or pool.
import { getHeapStatistics } from 'node:v8';
import { GpuBuddy, openPool } from '../library.mjs';
import { trimMemory } from '../ways/c.mjs';
import { report } from './report.mjs';

const COUNT = 1_000_000;
/** Allocations before those that are counted, until all of the code is compiled. */
const EARLIER = 10_000;
const SIZE = 4096;

/** Measures what stays after all garbage is collected. Native memory is what the process has in memory beside V8's heap. */
function memory() {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  trimMemory();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    heap: heapUsed,
    native: rss - getHeapStatistics().total_physical_size,
    nodes: buddy.stats().nativeBytes,
  };
}

const buddy = new GpuBuddy({ size: 2 ** 40 });
const byPool = () => {
  const pool = openPool(buddy);
  return {
    live: new Float64Array(EARLIER + COUNT).fill(-1),
    alloc: () => pool.alloc(SIZE),
    free: (handle) => pool.free(handle),
  };
};
const byApi = () => ({
  live: new Array(EARLIER + COUNT).fill(null),
  alloc: () => buddy.allocBlocks(SIZE),
  free: (blocks) => blocks.free(),
});

// Filled before: the array that holds the lists or handles is the program's.
const { live, alloc, free } = process.argv[2] === 'pool' ? byPool() : byApi();
for (let i = 0; i < EARLIER; i++) live[i] = alloc();
const before = memory();
for (let i = EARLIER; i < EARLIER + COUNT; i++) live[i] = alloc();
const after = memory();
for (const one of live) free(one);
if (buddy.avail !== buddy.size) throw new Error('Not all that was allocated was still there.');
// In tenths of a byte: the compiled code of the loops is less than that.
const each = (key) => Math.round((10 * (after[key] - before[key])) / COUNT) / 10;
report(Object.fromEntries(Object.keys(after).map((key) => [key, each(key)])));
