// Allocates and frees in a pool a million times over, in one synchronous loop, and tells by how much memory has grown.
const { PerformanceObserver } = require('node:perf_hooks');
const { GpuBuddy } = require(process.argv[2]);

const ROUNDS = 1_000_000;
const LIVE = 100;

const buddy = new GpuBuddy({ size: 2 ** 30 });
const pool = buddy.pool();
const handles = Array.from({ length: LIVE }, () => pool.alloc(4096));

function measure() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { heapUsed, external, arrayBuffers, rss, nativeBytes: buddy.stats().nativeBytes };
}

/** @param {number} rounds */
function loop(rounds) {
  for (let i = 0; i < rounds; i++) {
    const place = (i * 7) % LIVE;
    pool.free(handles[place]);
    handles[place] = pool.alloc(4096 * (1 + (i % 4)));
  }
}

loop(50_000);
const before = measure();
const observer = new PerformanceObserver(() => undefined);
observer.observe({ entryTypes: ['gc'] });
loop(ROUNDS);
setImmediate(() => {
  const collections = observer.takeRecords().length;
  const after = measure();
  const growth = Object.fromEntries(Object.keys(before).map((name) => [name, after[name] - before[name]]));
  const { length } = pool;
  pool.dispose();
  process.send({ growth, collections, length, isWhole: buddy.avail === buddy.size });
  process.disconnect();
});
