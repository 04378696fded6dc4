/** Computes on the adapter of this machine, and reads the numbers back. Skipped, with the reason, where there is none. */
/* global GPUBufferUsage */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { findAdapter, NoAdapterError } from '../adapter.mjs';
import { Engine } from '../engine.mjs';
import { Heap } from '../heap.mjs';

const found = await findAdapter().catch((error) => {
  if (error instanceof NoAdapterError) return error.message;
  throw error;
});
const skip = typeof found === 'string' ? found : false;
const device = typeof found === 'string' ? undefined : await found.requestDevice();
after(() => device?.destroy());

/** @type {string[]} */
const errors = [];
device?.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
beforeEach(() => errors.splice(0));

/** Gives a vector of numbers that use all 32 bits. @param {number} length @param {number} seed */
const vector = (length, seed) => Uint32Array.from({ length }, (_, i) => Math.imul(i + seed, 2_654_435_761));

/** Computes jobs of these lengths, and checks each number. @param {number} size of the heaps @param {number[]} lengths */
async function compute(size, lengths) {
  /** @type {import('../engine.mjs').Job[]} */
  const done = [];
  const engine = new Engine(device, size, (job, values) => {
    const { factor, x, y } = job;
    assert.deepEqual(
      values,
      x.map((value, i) => Math.imul(factor, value) + y[i]),
    );
    done.push(job);
  });
  const jobs = lengths.map((length, i) => ({ factor: 3 + i, x: vector(length, i), y: vector(length, ~i) }));
  for (const [i, job] of jobs.entries()) {
    await engine.submit(job);
    if (i % 5 === 4) await engine.nextFrame();
  }
  await engine.collect();
  assert.deepEqual(done, jobs);
  assert.deepEqual(errors, []);
  return engine;
}

test('numbers read back are right, whatever the length of the vectors', { skip }, async () => {
  await compute(2 ** 20, [1, 2, 63, 64, 65, 1000, 1023, 65_535, 65_536]);
});

test('jobs wait for memory, get it when the GPU is done, and leave none in use', { skip }, async () => {
  const engine = await compute(
    2 ** 16,
    Array.from({ length: 60 }, (_, i) => 1 + ((i * 977) % 8192)),
  );
  await device.queue.onSubmittedWorkDone();
  for (let i = 0; i < 2; i++) await engine.nextFrame();
  for (const { label, buddy, ranges, peak } of engine.heaps) {
    assert.equal(buddy.isEmpty, true, label);
    assert.equal(ranges, 60, label);
    assert.ok(peak <= buddy.size);
  }
});

test(
  'a job that fits no heap, or has no two vectors of one length, is refused, and the next one is computed',
  { skip },
  async () => {
    const results = [];
    const engine = new Engine(device, 4096, (_, values) => results.push([...values]));
    const job = (length) => ({ factor: 2, x: vector(length, 1).fill(5), y: vector(length, 1).fill(1) });
    await assert.rejects(engine.submit(job(1025)), { name: 'RangeError', message: /4096 bytes, not 4100/ });
    await assert.rejects(engine.submit({ ...job(2), y: vector(3, 1) }), {
      message: 'x has 2 numbers, y has 3',
    });
    await engine.submit(job(2));
    await engine.collect();
    assert.deepEqual(results, [[11, 11]]);
    assert.deepEqual(errors, []);
  },
);

/** Uses that WebGPU refuses, and so why there is a heap for each usage. @type {[string, () => void, RegExp][]} */
const refused = [
  [
    'a copy within one buffer',
    () => {
      const { COPY_SRC, COPY_DST } = GPUBufferUsage;
      const pool = new Heap(device, { label: 'both', size: 1024, usage: COPY_SRC | COPY_DST }).pool();
      const [from, to] = [pool.tryAlloc(256), pool.tryAlloc(256)];
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, 256);
      encoder.finish();
    },
    /same buffer/,
  ],
  [
    'a buffer that can be mapped and bound',
    () =>
      new Heap(device, {
        label: 'both',
        size: 1024,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE,
      }),
    /MapRead/,
  ],
  [
    'a dispatch that reads one range of a buffer and writes another',
    () => {
      const pool = new Heap(device, { label: 'both', size: 1024, usage: GPUBufferUsage.STORAGE }).pool();
      const code = `
        @group(0) @binding(0) var<storage, read> x: array<u32>;
        @group(0) @binding(1) var<storage, read_write> y: array<u32>;
        @compute @workgroup_size(1) fn main() { y[0] = x[0]; }`;
      const compute = { module: device.createShaderModule({ code }) };
      const pipeline = device.createComputePipeline({ layout: 'auto', compute });
      const entries = [0, 1].map((binding) => ({ binding, resource: pool.tryAlloc(256) }));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(1);
      pass.end();
      encoder.finish();
    },
    /usage/,
  ],
];
for (const [what, use, message] of refused) {
  test(`WebGPU refuses ${what}`, { skip }, async () => {
    device.pushErrorScope('validation');
    use();
    assert.match((await device.popErrorScope())?.message ?? 'no error', message);
  });
}
