// The kernel code warns twice in each of two threads. Sends what the process was told of it.
const path = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');

const file = isMainThread ? process.argv[2] : workerData;
const { GpuBuddy } = require(file);
const { inject } = require(path.join(path.dirname(file), 'native.js'));
const { allocatorOf } = require(path.join(path.dirname(file), 'gpu-buddy.js'));

/** @type {{ name: string, code: string, message: string }[]} */
const warnings = [];
process.on('warning', ({ name, code, message }) => warnings.push({ name, code, message }));

const buddies = [new GpuBuddy({ size: 1 << 20 }), new GpuBuddy({ size: 1 << 20 })];
for (let i = 0; i < 2; i++)
  for (const buddy of buddies) inject(allocatorOf(buddy).handle, { kind: 'warning' });
const counts = buddies.map((buddy) => buddy.stats().kernelWarnings);
buddies[0].allocBlocks(4096).free();

// Warnings are told in a later turn.
setImmediate(() => {
  if (!isMainThread) return parentPort.postMessage({ counts, warnings });
  new Worker(module.filename, { workerData: file, argv: process.argv.slice(2) }).on('message', (inWorker) => {
    process.send({ inMain: { counts, warnings }, inWorker });
    process.disconnect();
  });
});
