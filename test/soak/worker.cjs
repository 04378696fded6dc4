// A thread of workers.test.ts: works until it is terminated. Some end by themselves, some throw. Half of them use bigints.
const { parentPort, workerData } = require('node:worker_threads');
const { GpuBuddy } = require('../../dist/index.js');
const { randomNumbers } = require('../support/random.cjs');
const { useAllocator } = require('./work.cjs');

const random = randomNumbers(workerData.seed);
const buddy = GpuBuddy.from(workerData.token, { bigint: random() % 2 === 0 });
const work = useAllocator(buddy, random);

parentPort.on('message', (token) => work.receive(token));

function turn() {
  for (let i = 0; i < 500; i++) work.step();
  const token = work.give();
  if (token) parentPort.postMessage(token);
  if (random() % 200 === 0) throw new Error('on purpose');
  if (random() % 200 === 0) return parentPort.close();
  // Some threads never let the event loop run.
  if (random() % 500 === 0) for (;;) work.step();
  setImmediate(turn);
}

turn();
