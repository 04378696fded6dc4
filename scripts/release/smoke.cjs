// What a proof runs in an empty project that has the tarball: `node smoke.cjs FOLDER`, with the folder of the
// recorded traces. Prints what was done, a line each, and ends with `smoke: N passed`, or with an error.

const assert = require('node:assert/strict');
const { readdirSync } = require('node:fs');
const path = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { Worker } = require('node:worker_threads');

/** Where the project is: this file may be elsewhere. */
const project = require('node:module').createRequire(path.join(process.cwd(), 'smoke.cjs'));
const { AllocatedBlocks, GpuBuddy, kernelVersion, SZ_16M, SZ_1G, SZ_4K } = project('gpu-buddy');
const folder = path.dirname(project.resolve('gpu-buddy/package.json'));
const [traces] = process.argv.slice(2);

/** Runs the collector: Bun has another one than V8's. */
const collect = globalThis.Bun ? () => globalThis.Bun.gc(true) : collectorOfV8();

function collectorOfV8() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

const WORKER = 'a worker that shares the allocator, and leaves without freeing';

const checks = {
  'a prebuilt addon is loaded'() {
    const { addonFile } = require(path.join(folder, 'dist/native.js'));
    const file = path.relative(folder, addonFile).replaceAll(path.sep, '/');
    assert.match(file, /^prebuilds\//);
    return file;
  },

  'allocate and free'() {
    const buddy = new GpuBuddy({ size: SZ_1G });
    const blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M });
    assert.equal(blocks.at(0).offset, SZ_1G - SZ_16M);
    assert.equal(buddy.avail, SZ_1G - SZ_16M);
    assert.throws(() => buddy.allocBlocks(SZ_1G), { code: 'ENOSPC' });
    blocks.free();
    assert.equal(buddy.avail, SZ_1G);
    return `Linux ${kernelVersion}`;
  },

  'chunks of 256 bytes, a batch, and bigints above 2^53'() {
    const uniforms = new GpuBuddy({ size: 65_536, chunkSize: 256 });
    const batch = uniforms.batch();
    const handle = batch.alloc(256);
    const result = batch.run();
    assert.equal(result.blocks(handle).offset, 65_280);
    result.free();
    const huge = new GpuBuddy({ size: 2n ** 62n, bigint: true });
    const blocks = huge.allocBlocks(SZ_4K);
    assert.equal(blocks.offset, 2n ** 62n - 4096n);
    blocks.free();
  },

  async 'wait for memory'() {
    const buddy = new GpuBuddy({ size: SZ_16M });
    const blocks = buddy.allocBlocks(SZ_16M);
    setTimeout(() => blocks.free(), 5);
    assert.equal(await buddy.waitForFree(), 1);
    // The process ends all the same.
    void buddy.waitForFree({ ref: false });
  },

  async doctor() {
    const { run } = require(path.join(folder, 'dist/cli/run.js'));
    assert.equal(await run(['doctor'], process), 0);
  },

  async 'replay --check'() {
    const { run } = require(path.join(folder, 'dist/cli/run.js'));
    const names = readdirSync(traces).filter((name) => name.endsWith('.trace.gz'));
    const files = names.map((name) => path.join(traces, name));
    assert.equal(await run(['replay', '--check', traces, ...files], process), 0);
  },

  async [WORKER]() {
    const buddy = new GpuBuddy({ size: SZ_1G });
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { GpuBuddy } = require(workerData.package);
      const buddy = GpuBuddy.from(workerData.token);
      globalThis.kept = buddy.allocBlocks(${SZ_16M});
      parentPort.postMessage(buddy.allocBlocks(${SZ_4K}).transfer());
      parentPort.once('message', () => {});`;
    const workerData = { package: project.resolve('gpu-buddy'), token: buddy.share() };
    const worker = new Worker(program, { eval: true, workerData });
    const token = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    const blocks = AllocatedBlocks.adopt(token);
    assert.equal(buddy.avail, SZ_1G - SZ_16M - SZ_4K);
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('end');
    await ended;
    assert.equal(buddy.avail, SZ_1G - SZ_4K);
    blocks.free();
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

/** Tells what can't be tried: without --allow-worker, Node's permission model lets no program start workers. */
function isLeftOut(name) {
  return name === WORKER && process.permission?.has('worker') === false;
}

async function main() {
  const { bun, deno, node } = process.versions;
  const host = (bun && `Bun ${bun}`) ?? (deno && `Deno ${deno}`) ?? `Node ${node}`;
  console.log(`${host} on ${process.platform}-${process.arch}`);
  let leftOut = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (isLeftOut(name)) leftOut++;
    console.log(`${name}: ${isLeftOut(name) ? 'left out' : `passed ${(await check()) ?? ''}`}`);
  }
  const passed = Object.keys(checks).length - leftOut;
  console.log(`smoke: ${passed} passed${leftOut > 0 ? `, ${leftOut} left out` : ''}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
