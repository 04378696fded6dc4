// The main thread is the first to go: it gives its allocator up while a worker goes on with it ('give up'), or leaves the
// process while workers are in the middle of their calls ('exit').
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const [, , file, argument] = process.argv;
const leaves = JSON.parse(argument) === 'exit';
const { GpuBuddy } = require(file);

/** Resolves in the turn in which it holds. @param {() => boolean} condition */
function when(condition, then) {
  if (condition()) then();
  else setImmediate(when, condition, then);
}

function main() {
  const buddy = new GpuBuddy({ size: 1 << 20 });
  const list = buddy.allocBlocks(20480);
  const rounds = new Int32Array(new SharedArrayBuffer(8));
  for (let i = 0; i < (leaves ? 4 : 1); i++)
    new Worker(module.filename, {
      workerData: { token: buddy.share(), rounds },
      argv: [file, argument],
    }).on('message', (answer) => process.send(answer, () => process.disconnect()));

  when(
    () => Atomics.load(rounds, 0) > 1000,
    () => {
      if (leaves) process.exit(0);
      list.free();
      buddy.dispose();
      Atomics.store(rounds, 1, 1);
    },
  );
}

function work() {
  const { token, rounds } = workerData;
  const buddy = GpuBuddy.from(token);
  const lists = [];
  function round() {
    lists.push(buddy.allocBlocks(4096 * 3));
    lists.push(buddy.allocBlocks(4096));
    for (const list of lists.splice(0)) list.free();
    Atomics.add(rounds, 0, 1);
  }
  while (leaves || Atomics.load(rounds, 1) === 0) round();
  for (let i = 0; i < 1000; i++) round();
  parentPort.postMessage({ isWhole: buddy.avail === buddy.size });
}

if (isMainThread) main();
else work();
