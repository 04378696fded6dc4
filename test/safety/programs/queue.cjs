// Waits in a queue in the way that the argument says, and does nothing else: its exit code tells whether the process stayed for it.
// Runs in any host: `node queue.cjs PACKAGE '"free"'`.
const path = require('node:path');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const [file, argument] = isMainThread ? process.argv.slice(2) : workerData;
const { GpuBuddy, SZ_1M } = require(file);
const { AllocQueue } = require(path.join(path.dirname(file), 'queue/index.js'));

const buddy = new GpuBuddy({ size: SZ_1M });
const queue = new AllocQueue(buddy);
const list = buddy.allocBlocks(SZ_1M);
// Some hosts collect what no code will use.
globalThis.kept = list;

/** Calls `end` in a while: no process stays for that. */
function soon(end) {
  setTimeout(end, 20).unref();
}

/** Leaves with 0 where the wait ends as it should: by a grant, or an error with that code, name or message. */
const leave = (wait, expected) =>
  wait
    .then(
      ({ size }) => size === expected,
      ({ code, name, message }) => [code, name, message].includes(expected),
    )
    .then((isRight) => process.exit(isRight ? 0 : 2));

const ways = {
  // Each must be told: a host that goes before that leaves 3.
  free: () => {
    leave(queue.alloc(SZ_1M), SZ_1M);
    soon(() => list.free());
  },
  'free of the same turn': () => {
    leave(queue.alloc(SZ_1M), SZ_1M);
    list.free();
  },
  'free in another thread': () => {
    list.free();
    const program = `
      const { workerData: [file, token], parentPort } = require('node:worker_threads');
      const { GpuBuddy, SZ_1M } = require(file);
      const list = GpuBuddy.from(token).allocBlocks(SZ_1M);
      parentPort.postMessage('full');
      setTimeout(() => list.free(), 20);`;
    const worker = new Worker(program, { eval: true, workerData: [file, buddy.share()] });
    worker.once('message', () => {
      leave(queue.alloc(SZ_1M), SZ_1M);
      worker.unref();
    });
  },
  abort: () => {
    const controller = new AbortController();
    leave(queue.alloc(SZ_1M, { signal: controller.signal }), 'enough');
    soon(() => controller.abort(new Error('enough')));
  },
  timeout: () => {
    leave(queue.alloc(SZ_1M, { timeout: 20 }), 'TimeoutError');
  },
  close: () => {
    leave(queue.alloc(SZ_1M), 'AbortError');
    soon(() => queue.close());
  },
  'the end of the allocator': () => {
    leave(queue.alloc(SZ_1M), 'ERR_GPU_BUDDY_DISPOSED');
    soon(() => buddy.dispose());
  },
  // The process must end by itself, and the exit code says that it did.
  'a queue that nobody closes': () => {
    process.exitCode = 0;
  },
  'waits that have ended': async () => {
    const waits = [queue.alloc(SZ_1M, { timeout: 100_000 }), queue.alloc(SZ_1M, { timeout: 1 })];
    list.free();
    await Promise.allSettled(waits);
    process.exitCode = queue.stats().waiting === 0 ? 0 : 2;
  },
  'the end of its worker': () => {
    const worker = new Worker(module.filename, { workerData: [file, '"for ever"'] });
    worker.on('message', async () => {
      await worker.terminate();
      process.exitCode = 0;
    });
  },
  'for ever': () => {
    queue.alloc(SZ_1M);
    parentPort.postMessage('waits');
  },
  // Nobody frees: the process must stay, until somebody ends it.
  'without an end': () => {
    queue.alloc(SZ_1M);
    console.log('waits');
  },
};

process.exitCode = 3;
ways[JSON.parse(argument)]();
