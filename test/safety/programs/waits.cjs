// Waits for memory in the way that the argument says, and does nothing else: its exit code tells whether the process stayed for it.
// Runs in any host: `node waits.cjs PACKAGE '"free"'`.
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const [file, argument] = isMainThread ? process.argv.slice(2) : workerData;
const { GpuBuddy, SZ_1M, SZ_4K } = require(file);
const how = JSON.parse(argument);
const buddy = new GpuBuddy({ size: SZ_1M });
const list = buddy.allocBlocks(SZ_4K);

/** The process stays for it, and ends by it. */
const leave = (wait, expected) =>
  wait
    .then(
      (epoch) => epoch === expected,
      (error) => error.code === expected || error.message === expected,
    )
    .then((isRight) => process.exit(isRight ? 0 : 2));

const ways = {
  // Each must be told: a host that goes before that leaves 3.
  free: () => {
    setTimeout(() => list.free(), 20).unref?.();
    const other = setInterval(() => {}, 5);
    setTimeout(() => clearInterval(other), 40);
    leave(buddy.waitForFree(), 1);
  },
  'free of a list that is queued': () => {
    leave(buddy.waitForFree(), 1);
    list.free();
  },
  abort: () => {
    const controller = new AbortController();
    leave(buddy.waitForFree({ signal: controller.signal }), 'enough');
    setTimeout(() => controller.abort(new Error('enough')), 20);
  },
  dispose: () => {
    leave(buddy.waitForFree(), 'ERR_GPU_BUDDY_DISPOSED');
    setTimeout(() => buddy.dispose(), 20);
  },
  'free in another thread': () => {
    leave(buddy.waitForFree(), 1);
    const program = `
      const { workerData: [file, token] } = require('node:worker_threads');
      const { GpuBuddy } = require(file);
      const buddy = GpuBuddy.from(token);
      setTimeout(() => buddy.allocBlocks(4096).free(), 20);`;
    new Worker(program, { eval: true, workerData: [file, buddy.share()] }).unref();
  },
  // Nobody frees: the process must end by itself, and the exit code says that it did.
  'ref: false': () => {
    process.exitCode = 0;
    buddy.waitForFree({ ref: false });
  },
  'one that has ended, and one with ref: false': () => {
    const controller = new AbortController();
    buddy.waitForFree({ signal: controller.signal }).catch(() => {
      process.exitCode = 0;
    });
    buddy.waitForFree({ ref: false });
    setTimeout(() => controller.abort(), 20);
  },
  'the end of its worker': () => {
    const worker = new Worker(module.filename, { workerData: [file, '"for ever"'] });
    worker.on('message', () => {
      worker.terminate().then(() => {
        process.exitCode = 0;
      });
    });
  },
  'for ever': () => {
    const { parentPort } = require('node:worker_threads');
    buddy.waitForFree().then(() => {});
    parentPort.postMessage('waits');
  },
  // Nobody frees: the process must stay, until somebody ends it.
  'without an end': () => {
    buddy.waitForFree().then(() => {});
    console.log('waits');
  },
};

process.exitCode = 3;
ways[how]();
