// Workers load the package, use it and end, in generations; the main thread never loads it. Sends how many went well.
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const file = process.argv[2];
const { generations, workers } = JSON.parse(process.argv[3]);

function runWorker() {
  return new Promise((resolve) => {
    let answer = false;
    new Worker(module.filename, { argv: process.argv.slice(2) })
      .on('message', (message) => (answer = message))
      .on('error', (error) => (answer = error))
      .on('exit', () => resolve(answer));
  });
}

async function main() {
  let good = 0;
  for (let i = 0; i < generations; i++) {
    const answers = await Promise.all(Array.from({ length: workers }, runWorker));
    good += answers.filter((answer) => answer === true).length;
  }
  process.send({ good });
  process.disconnect();
}

function work() {
  const { AllocatedBlocks, GpuBuddy } = require(file);
  const buddy = new GpuBuddy({ size: 1 << 24 });
  const lists = Array.from({ length: 100 }, () => buddy.allocBlocks(12288));
  lists[0].trim !== undefined && lists[50].freeBlock(0);
  const adopted = AllocatedBlocks.adopt(lists[1].transfer());
  lists[2].transfer();
  adopted.free();
  // The rest is left to the end of the thread.
  parentPort.postMessage(buddy.avail < buddy.size && buddy.stats().kernelWarnings === 0);
}

if (isMainThread) void main();
else work();
