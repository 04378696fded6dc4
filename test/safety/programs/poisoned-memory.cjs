// Poisons large allocators one after the other and disposes of them. Sends how much the process has grown meanwhile.
const path = require('node:path');
const folder = path.dirname(process.argv[2]);
const { GpuBuddy } = require(process.argv[2]);
const { inject } = require(path.join(folder, 'native.js'));
const { allocatorOf } = require(path.join(folder, 'gpu-buddy.js'));

const LISTS = 1 << 16;

async function round() {
  const buddy = new GpuBuddy({ size: LISTS * 4096 });
  const lists = [];
  for (let i = 0; i < LISTS; i++) lists.push(buddy.allocBlocks(4096));
  const { nativeBytes } = buddy.stats();
  inject(allocatorOf(buddy).handle, { kind: 'bug' });
  buddy.dispose();
  for (const list of lists) {
    try {
      list.free();
    } catch {
      // Poisoned, as it should be.
    }
  }
  global.gc();
  // Lets the registry take back what the lists have used in JavaScript.
  await new Promise((resolve) => setImmediate(resolve));
  return nativeBytes;
}

async function main() {
  Error.stackTraceLimit = 0;
  for (let i = 0; i < 3; i++) await round();
  const before = process.memoryUsage.rss();
  let nativeBytes = 0;
  for (let i = 0; i < 15; i++) nativeBytes += await round();
  process.send({ nativeBytes, growth: process.memoryUsage.rss() - before });
  process.disconnect();
}

void main();
