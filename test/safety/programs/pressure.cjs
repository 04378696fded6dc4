// Drops allocators that hold much native and little JavaScript memory, or disposes of them, and never asks for a
// collection. Sends how much native memory they took in all, how much the process has grown, and how often V8 collected.
const { PerformanceObserver, constants } = require('node:perf_hooks');
const { GpuBuddy } = require(process.argv[2]);
const disposes = JSON.parse(process.argv[3]) === 'dispose';

const ROUNDS = 40;
const CHUNKS = 1 << 16;

let collections = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries())
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
}).observe({ entryTypes: ['gc'] });

/** Chunks that are clear and dirty by turns don't merge: much bookkeeping, and no list is left. */
function checkerboard() {
  const buddy = new GpuBuddy({ size: CHUNKS * 4096 });
  for (let i = 0; i < CHUNKS; i += 2)
    buddy
      .allocBlocks(4096, { mode: { range: { start: i * 4096, end: (i + 1) * 4096 } } })
      .free({ cleared: true });
  const { nativeBytes } = buddy.stats();
  if (disposes) buddy.dispose();
  return nativeBytes;
}

async function main() {
  checkerboard();
  const before = process.memoryUsage.rss();
  let [nativeBytes, most] = [0, before];
  for (let i = 0; i < ROUNDS; i++) {
    nativeBytes += checkerboard();
    most = Math.max(most, process.memoryUsage.rss());
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send({ nativeBytes, growth: most - before, collections });
  process.disconnect();
}

void main();
