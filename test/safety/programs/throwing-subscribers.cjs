// Allocates, frees, fails and waits while the subscribers of all channels throw. Sends how many errors came of that, and what is left.
const { subscribe } = require('node:diagnostics_channel');
const { GpuBuddy } = require(process.argv[2]);

let errors = 0;
process.on('uncaughtException', () => errors++);
for (const channel of ['alloc', 'free', 'failed', 'wait'])
  subscribe(`gpu-buddy:${channel}`, () => {
    throw new Error('on purpose');
  });

async function main() {
  const buddy = new GpuBuddy({ size: 1 << 20 });
  const pool = buddy.pool();
  const list = buddy.allocBlocks(20480);
  const handle = pool.alloc(4096);
  const batch = buddy.batch();
  batch.alloc(4096);
  const result = batch.run();
  const failed = buddy.tryAllocBlocks(1 << 20);
  const used = buddy.size - buddy.avail;
  const waiting = buddy.waitForFree();
  list.free();
  const epoch = await waiting;
  pool.free(handle);
  result.free();
  await new Promise((resolve) => setImmediate(resolve));
  process.send({ errors, failed, used, epoch, isEmpty: buddy.isEmpty });
  process.disconnect();
}

void main();
