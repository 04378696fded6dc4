/** The public API, one call after the other. */
import { library } from '../library.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { apiOptions } from './requests.mjs';

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Api {
  #buddy;
  /** @type {import('gpu-buddy').AllocatedBlocks[]} */
  #live = [];
  #random = SEED;

  /** @param {{ size: number, chunkSize: number }} params @param {import('../library.mjs').Library} [from] */
  constructor(params, { GpuBuddy } = library) {
    this.#buddy = new GpuBuddy(params);
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

  end() {}

  blocks() {
    return this.#buddy.snapshot();
  }

  dispose() {
    this.#buddy.dispose();
  }
}
