/** The public API, one call after the other. */
import { library } from '../library.mjs';
import { Job } from '../peers/job.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { apiOptions } from './requests.mjs';

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Api {
  #buddy;
  #job;
  /** @type {import('gpu-buddy').AllocatedBlocks<import('gpu-buddy').Bytes>[]} */
  #live = [];
  #random = SEED;

  /** @param {import('./way.mjs').Params} params @param {import('../library.mjs').Library} [from] */
  constructor(params, { GpuBuddy } = library) {
    const buddy = new GpuBuddy(params);
    this.#buddy = buddy;
    const { size } = params;
    this.#job = new Job(
      { alloc: (bytes) => buddy.tryAllocBlocks(bytes), free: (blocks) => blocks.free() },
      size,
    );
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const { alloc } = apiOptions(request);
    for (let i = 0; i < count; i++) this.#live.push(this.#buddy.allocBlocks(request.size, alloc));
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    const { free } = apiOptions(request);
    for (const blocks of takeEverySecond(this.#live)) blocks.free(free);
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    const { free } = apiOptions(request);
    const { taken, random } = takeRandomHalf(this.#live, this.#random);
    this.#random = random;
    for (const blocks of taken) blocks.free(free);
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const buddy = this.#buddy;
    const { size } = request;
    const { alloc, free } = apiOptions(request);
    for (let i = 0; i < count; i++) {
      const blocks = buddy.allocBlocks(size, alloc);
      blocks.free(free);
    }
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const buddy = this.#buddy;
    const live = this.#live;
    const { size } = request;
    const { alloc, free } = apiOptions(request);
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const place = (random >>> 0) % live.length;
      live[place].free(free);
      live[place] = buddy.allocBlocks(size, alloc);
    }
    this.#random = random;
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const { size } = request;
    const { alloc } = apiOptions(request);
    for (let i = 0; i < count; i++)
      if (this.#buddy.tryAllocBlocks(size, alloc)) throw new Error('There should be no room.');
  }

  /** @param {Request} request @param {number} count */
  errors(request, count) {
    const buddy = this.#buddy;
    const { size } = request;
    const { alloc } = apiOptions(request);
    for (let i = 0; i < count; i++)
      if (!isRefused(buddy, size, alloc)) throw new Error('There should be no room.');
  }

  /** @param {Request} _ is part of the job @param {number} count */
  job(_, count) {
    this.#job.run(count);
  }

  /** Reads the address of every live list. @param {number} count of reads */
  offsets(count) {
    const live = this.#live;
    /** @type {import('gpu-buddy').Bytes | undefined} */
    let last;
    for (let i = 0; i < count; i++) {
      const { offset } = live[i % live.length];
      if (offset === last) throw new Error('Two lists lie at the same address.');
      last = offset;
    }
  }

  /** Reads the addresses of all blocks from a snapshot, in which they ascend. */
  columns() {
    const { offsets } = this.#buddy.snapshot();
    for (let i = 1; i < offsets.length; i++)
      if (offsets[i] <= offsets[i - 1]) throw new Error('The blocks are not in order.');
  }

  end() {}

  blocks() {
    return this.#buddy.snapshot();
  }

  dispose() {
    this.#buddy.dispose();
  }
}

/**
 * @param {import('gpu-buddy').GpuBuddy<import('gpu-buddy').Bytes>} buddy
 * @param {number} size
 * @param {import('gpu-buddy').AllocOptions} [options]
 */
function isRefused(buddy, size, options) {
  try {
    buddy.allocBlocks(size, options);
    return false;
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
    return true;
  }
}
