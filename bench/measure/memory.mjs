// What a million lists of one 4 KiB block cost, one beside the other: bytes of native memory and of JavaScript's heap a list.
import { GpuBuddy } from '../library.mjs';
import { report } from './report.mjs';

const COUNT = 1_000_000;

/** What stays when all that can go has gone. */
function heapUsed() {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const buddy = new GpuBuddy({ size: 2 ** 40 });
// Made before: the array that holds the lists is the program's.
const live = new Array(COUNT).fill(null);
const before = heapUsed();
for (let i = 0; i < COUNT; i++) live[i] = buddy.allocBlocks(4096);
const heap = (heapUsed() - before) / COUNT;
const native = buddy.stats().nativeBytes / COUNT;
if (live.some((blocks) => blocks.freed)) throw new Error('Some have gone.');
report({ heap, native });
