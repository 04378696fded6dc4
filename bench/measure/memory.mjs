import { getHeapStatistics } from 'node:v8';
import { library } from '../library.mjs';
import { row } from '../rows.mjs';
import { trimMemory } from '../ways/c.mjs';

const COUNT = 1_000_000;
/** Allocations before those that are counted, until all of the code is compiled. */
const EARLIER = 10_000;
const SIZE = 4096;

const ONE = { api: 'a live list', pool: "a pool's allocation" };

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

const buddy = new library.GpuBuddy({ size: 2 ** 40 });

// The array that holds the lists or handles is the program's, so it is filled before.
const ways = {
  api: () => ({
    live: new Array(EARLIER + COUNT).fill(null),
    alloc: () => buddy.allocBlocks(SIZE),
    free: (blocks) => blocks.free(),
  }),
  pool() {
    const pool = buddy.pool();
    return {
      live: new Float64Array(EARLIER + COUNT).fill(-1),
      alloc: () => pool.alloc(SIZE),
      free: (handle) => pool.free(handle),
    };
  },
};

/** Measures the bytes that a live allocation takes. @param {'api' | 'pool'} way */
export function measure(way) {
  const { live, alloc, free } = ways[way]();
  for (let i = 0; i < EARLIER; i++) live[i] = alloc();
  const before = memory();
  for (let i = EARLIER; i < EARLIER + COUNT; i++) live[i] = alloc();
  const after = memory();
  for (const one of live) free(one);
  if (buddy.avail !== buddy.size) throw new Error('Not all that was allocated was still there.');
  // Counts tenths of a byte: the compiled code of the loops is less than that.
  const each = (key) => Math.round((10 * (after[key] - before[key])) / COUNT) / 10;
  const [heap, native, nodes] = ['heap', 'native', 'nodes'].map(each);
  const figures = { 'native memory': native, 'of it the nodes': nodes, 'beside them': native - nodes, heap };
  return Object.entries(figures).map(([name, bytes]) =>
    row(`memory.${way}.${name}`, `${ONE[way]}: ${name}`, 'bytes', [bytes]),
  );
}
