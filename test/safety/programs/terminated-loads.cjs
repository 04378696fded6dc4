// Terminates workers that do nothing but load the addon, again and again, so that most are in the middle of that. Sends
// how many have ended.
const path = require('node:path');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const file = process.argv[2];
const count = JSON.parse(process.argv[3]);

function terminateAfter(loads) {
  return new Promise((resolve, reject) => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(module.filename, { argv: process.argv.slice(2), workerData: counter });
    worker.on('error', reject);
    worker.on('exit', resolve);
    const wait = () => {
      if (Atomics.load(counter, 0) < loads) return setImmediate(wait);
      void worker.terminate();
    };
    wait();
  });
}

async function main() {
  const { GpuBuddy } = require(file);
  const buddy = new GpuBuddy({ size: 1 << 20 });
  let ended = 0;
  for (let i = 0; i < count; i++) {
    await terminateAfter(1 + i);
    ended++;
  }
  buddy.allocBlocks(4096).free();
  process.send({ ended });
  process.disconnect();
}

function work() {
  const dist = path.dirname(file);
  const { binariesIn } = require(path.join(dist, 'addon/places.js'));
  const [addon] = binariesIn(path.dirname(dist));
  for (;;) {
    process.dlopen({ exports: {} }, addon);
    Atomics.add(workerData, 0, 1);
  }
}

if (isMainThread) void main();
else work();
