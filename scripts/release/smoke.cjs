// Proof of the tarball in an empty project: `node smoke.cjs FOLDER`, with the folder of the recorded traces. Ends
// with `smoke: N passed`, or with an error.
const assert = require('node:assert/strict');
const { readdirSync } = require('node:fs');
const path = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { Worker } = require('node:worker_threads');

/** Loads modules of the project, which need not be near this file. */
const project = require('node:module').createRequire(path.join(process.cwd(), 'smoke.cjs'));
const { GpuBuddy, SZ_16M, SZ_1G, SZ_4K } = project('gpu-buddy');
const { AllocQueue } = project('gpu-buddy/queue');
const { run } = require(path.join(path.dirname(project.resolve('gpu-buddy')), 'cli/run.js'));
const [traces] = process.argv.slice(2);

/** Runs the collector: Bun has another one than V8's. */
const collect = globalThis.Bun ? () => globalThis.Bun.gc(true) : collectorOfV8();

function collectorOfV8() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

const WORKER = 'a worker that shares the allocator, and leaves without freeing';

const checks = {
  async 'wait for memory'() {
    const buddy = new GpuBuddy({ size: SZ_16M });
    const blocks = buddy.allocBlocks(SZ_16M);
    setTimeout(() => blocks.free(), 5);
    assert.equal(await buddy.waitForFree(), 1);
    // The process ends all the same.
    void buddy.waitForFree({ ref: false });
  },

  async 'a queue'() {
    const buddy = new GpuBuddy({ size: SZ_16M });
    const queue = new AllocQueue(buddy);
    const first = await queue.alloc(SZ_16M);
    const account = buddy.account();
    const waits = [
      queue.alloc(SZ_16M, { account }),
      queue.alloc(SZ_4K, { priority: 1 }),
      queue.alloc(SZ_4K, { timeout: 1 }),
    ];
    setTimeout(() => first.free(), 20);
    await assert.rejects(waits.pop(), { name: 'TimeoutError' });
    const urgent = await waits.pop();
    assert.equal(queue.stats().waiting, 1);
    urgent.free();
    (await waits.pop()).free();
    assert.equal(buddy.avail, SZ_16M);
    // It is not closed: the process ends all the same.
  },

  async doctor() {
    assert.equal(await run(['doctor'], process), 0);
  },

  async 'replay --check'() {
    const names = readdirSync(traces).filter((name) => name.endsWith('.trace.gz'));
    const files = names.map((name) => path.join(traces, name));
    assert.equal(await run(['replay', '--check', traces, ...files], process), 0);
  },

  'chunks of 256 bytes, a batch, and bigints above 2^53'() {
    const batch = new GpuBuddy({ size: 65_536, chunkSize: 256 }).batch();
    const handle = batch.alloc(256);
    const result = batch.run();
    assert.equal(result.blocks(handle).offset, 65_280);
    result.free();
    const huge = new GpuBuddy({ size: 2n ** 62n, bigint: true });
    assert.equal(huge.allocBlocks(SZ_4K).offset, 2n ** 62n - 4096n);
  },

  async [WORKER]() {
    const buddy = new GpuBuddy({ size: SZ_1G });
    const program = `
      const { workerData } = require('node:worker_threads');
      const { GpuBuddy } = require(workerData.package);
      globalThis.kept = GpuBuddy.from(workerData.token).allocBlocks(${SZ_16M});`;
    const workerData = { package: project.resolve('gpu-buddy'), token: buddy.share() };
    const worker = new Worker(program, { eval: true, workerData });
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    assert.equal(buddy.avail, SZ_1G);
  },

  async 'a dropped list'() {
    const buddy = new GpuBuddy({ size: SZ_1G });
    (() => buddy.allocBlocks(SZ_16M))();
    assert.equal(buddy.avail, SZ_1G - SZ_16M);
    for (let turn = 0; turn < 200 && buddy.avail < SZ_1G; turn++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(buddy.avail, SZ_1G);
  },
};

async function main() {
  let leftOut = 0;
  for (const [name, check] of Object.entries(checks)) {
    // Without --allow-worker, Node's permission model lets no program start workers.
    const isLeftOut = name === WORKER && process.permission?.has('worker') === false;
    if (isLeftOut) leftOut++;
    else await check();
    console.log(`${name}: ${isLeftOut ? 'left out' : 'passed'}`);
  }
  const passed = Object.keys(checks).length - leftOut;
  console.log(`smoke: ${passed} passed${leftOut > 0 ? `, ${leftOut} left out` : ''}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
