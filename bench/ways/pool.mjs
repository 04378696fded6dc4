/** A pool of the public API: allocations are numbers, and each is one run of memory. */
import { library, openPool } from '../library.mjs';
import { Job } from '../peers/job.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { apiOptions } from './requests.mjs';

/** A pool allocates one run anyway. @param {Request} request */
function poolOptions(request) {
  return apiOptions({ ...request, contiguous: false });
}

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Pool {
  #buddy;
  #pool;
  #job;
  /** Handles. @type {number[]} */
  #live = [];
  #random = SEED;

  /** @param {import('./way.mjs').Params} params @param {import('../library.mjs').Library} [from] */
  constructor(params, { GpuBuddy } = library) {
    this.#buddy = new GpuBuddy(params);
    const pool = openPool(this.#buddy);
    this.#pool = pool;
    const { size } = params;
    this.#job = new Job(
      { alloc: (bytes) => pool.tryAlloc(bytes), free: (handle) => pool.free(handle) },
      size,
    );
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const { alloc } = poolOptions(request);
    for (let i = 0; i < count; i++) this.#live.push(this.#pool.alloc(request.size, alloc));
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    const { free } = poolOptions(request);
    for (const handle of takeEverySecond(this.#live)) this.#pool.free(handle, free);
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    const { free } = poolOptions(request);
    const { taken, random } = takeRandomHalf(this.#live, this.#random);
    this.#random = random;
    for (const handle of taken) this.#pool.free(handle, free);
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const pool = this.#pool;
    const { size } = request;
    const { alloc, free } = poolOptions(request);
    for (let i = 0; i < count; i++) pool.free(pool.alloc(size, alloc), free);
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const pool = this.#pool;
    const live = this.#live;
    const { size } = request;
    const { alloc, free } = poolOptions(request);
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const place = (random >>> 0) % live.length;
      pool.free(live[place], free);
      live[place] = pool.alloc(size, alloc);
    }
    this.#random = random;
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const pool = this.#pool;
    const { size } = request;
    const { alloc } = poolOptions(request);
    for (let i = 0; i < count; i++)
      if (pool.tryAlloc(size, alloc) !== null) throw new Error('There should be no room.');
  }

  /** @param {Request} _ is part of the job @param {number} count */
  job(_, count) {
    this.#job.run(count);
  }

  end() {}

  blocks() {
    return this.#buddy.snapshot();
  }

  dispose() {
    this.#buddy.dispose();
  }
}
