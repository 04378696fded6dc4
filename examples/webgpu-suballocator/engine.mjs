/* global GPUBufferUsage, GPUMapMode */
import { FrameAllocator } from './frame-allocator.mjs';
import { Heap } from './heap.mjs';
import { UNIT } from './range-pool.mjs';

const WORKGROUP = 64;

/** Jobs that the frames under way may have together: what the uniforms have room for. */
const JOBS_UNDER_WAY = 128;

const SHADER = `
struct Parameters { factor: u32, length: u32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < parameters.length) { y[id.x] = parameters.factor * x[id.x] + y[id.x]; }
}`;

/** @typedef {{ factor: number, x: Uint32Array, y: Uint32Array }} Job two vectors of one length */

/** Computes `factor * x + y` on the GPU, modulo 2^32. All its memory lies in four buffers, one for each usage. */
export class Engine {
  #device;
  #pipeline;
  #onResult;
  #inputs;
  #outputs;
  #results;
  #frames;
  /** @type {{ job: Job, range: import('./range-pool.mjs').Range }[]} jobs whose results are not read yet */
  #submitted = [];

  /**
   * @param {GPUDevice} device
   * @param {number} size bytes of each of the three heaps for vectors
   * @param {(job: Job, values: Uint32Array) => void} onResult takes each result
   */
  constructor(device, size, onResult) {
    const { UNIFORM, STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#device = device;
    this.#onResult = onResult;
    this.#pipeline = device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: SHADER }) },
    });
    const inputs = new Heap(device, { label: 'inputs', size, usage: STORAGE | COPY_DST });
    const outputs = new Heap(device, { label: 'outputs', size, usage: STORAGE | COPY_DST | COPY_SRC });
    const results = new Heap(device, { label: 'results', size, usage: COPY_DST | MAP_READ });
    const uniforms = new Heap(device, {
      label: 'uniforms',
      size: JOBS_UNDER_WAY * UNIT,
      usage: UNIFORM | COPY_DST,
    });
    this.heaps = [inputs, outputs, results, uniforms];
    this.#inputs = inputs.pool();
    this.#outputs = outputs.pool();
    this.#results = results.pool();
    this.#frames = new FrameAllocator(uniforms);
  }

  /**
   * Uploads a job's vectors and has it computed. Waits while the GPU still works with the memory that it needs. Takes one call at
   * a time.
   * @param {Job} job
   * @throws {RangeError} where the vectors differ in length or are larger than a heap, or the frames under way have 128 jobs already
   */
  async submit(job) {
    const size = job.x.byteLength;
    if (job.y.byteLength !== size)
      throw new RangeError(`x has ${job.x.length} numbers, y has ${job.y.length}`);
    const parameters = this.#frames.alloc(8);
    const result = this.#results.tryAlloc(size) ?? (await this.collect(), await this.#results.alloc(size));
    const x = await this.#inputs.alloc(size);
    const y = await this.#outputs.alloc(size);

    const { queue } = this.#device;
    queue.writeBuffer(parameters.buffer, parameters.offset, new Uint32Array([job.factor, job.x.length]));
    queue.writeBuffer(x.buffer, x.offset, job.x);
    queue.writeBuffer(y.buffer, y.offset, job.y);
    const encoder = this.#device.createCommandEncoder();
    this.#compute(encoder, [parameters, x, y], job.x.length);
    encoder.copyBufferToBuffer(y.buffer, y.offset, result.buffer, result.offset, size);
    queue.submit([encoder.finish()]);

    this.#submitted.push({ job, range: result });
    void this.#inputs.freeWhenDone(x);
    void this.#outputs.freeWhenDone(y);
  }

  /** Begins the next frame. Waits where two are under way. */
  async nextFrame() {
    await this.#frames.next();
  }

  /** Reads the results of all jobs that were submitted, and hands them to `onResult`. */
  async collect() {
    if (this.#submitted.length === 0) return;
    // The GPU may not touch a buffer that is mapped: so all results are read at one time, and their ranges freed as one.
    const { buffer } = this.#submitted[0].range;
    await buffer.mapAsync(GPUMapMode.READ);
    for (const { job, range } of this.#submitted) {
      const values = new Uint32Array(buffer.getMappedRange(range.offset, range.size)).slice();
      this.#onResult(job, values);
    }
    buffer.unmap();
    this.#results.clear();
    this.#submitted = [];
  }

  /** @param {GPUCommandEncoder} encoder @param {import('./range-pool.mjs').Range[]} ranges @param {number} length */
  #compute(encoder, ranges, length) {
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    const layout = this.#pipeline.getBindGroupLayout(0);
    const entries = ranges.map((resource, binding) => ({ binding, resource }));
    pass.setBindGroup(0, this.#device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(Math.ceil(length / WORKGROUP));
    pass.end();
  }
}
