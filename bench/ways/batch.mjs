/**
 * The batch API: so many operations collected, then done in one call. No list is asked for as an object, so what is to be
 * freed must have been allocated in the same batch: before churn and in the common job, everything since the space was empty
 * is one batch.
 */
import { library } from '../library.mjs';
import { Job } from '../peers/job.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { apiOptions } from './requests.mjs';

/** Pairs, or requests in vain, that go down together. */
const PAIRS_A_BATCH = 1000;
const NO_SPACE = -28;

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Batch {
  #buddy;
  #batch;
  #job;
  /** As the batch has given them: an older build's are no handles. @type {import('gpu-buddy').BatchHandle[]} */
  #live = [];
  /** Keep the lists of their batches allocated. @type {import('gpu-buddy').BatchResult<import('gpu-buddy').Bytes>[]} */
  #results = [];
  #random = SEED;

  /** @param {import('./way.mjs').Params} params @param {import('../library.mjs').Library} [from] */
  constructor(params, { GpuBuddy } = library) {
    this.#buddy = new GpuBuddy(params);
    const batch = this.#buddy.batch();
    this.#batch = batch;
    const { size } = params;
    this.#job = new Job({ alloc: (bytes) => batch.alloc(bytes), free: (handle) => batch.free(handle) }, size);
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const { alloc } = apiOptions(request);
    for (let i = 0; i < count; i++) this.#live.push(this.#batch.alloc(request.size, alloc));
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    const { free } = apiOptions(request);
    for (const handle of takeEverySecond(this.#live)) this.#batch.free(handle, free);
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    const { free } = apiOptions(request);
    const { taken, random } = takeRandomHalf(this.#live, this.#random);
    this.#random = random;
    for (const handle of taken) this.#batch.free(handle, free);
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const batch = this.#batch;
    const { size } = request;
    const { alloc, free } = apiOptions(request);
    this.end();
    for (let done = 0; done < count; done += PAIRS_A_BATCH) {
      for (let i = 0; i < PAIRS_A_BATCH; i++) batch.free(batch.alloc(size, alloc), free);
      batch.run();
    }
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const batch = this.#batch;
    const live = this.#live;
    const { size } = request;
    const { alloc, free } = apiOptions(request);
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const index = (random >>> 0) % live.length;
      batch.free(live[index], free);
      live[index] = batch.alloc(size, alloc);
    }
    this.#random = random;
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const batch = this.#batch;
    const { size } = request;
    const { alloc } = apiOptions(request);
    this.end();
    for (let done = 0; done < count; done += PAIRS_A_BATCH) {
      for (let i = 0; i < PAIRS_A_BATCH; i++) batch.alloc(size, alloc);
      if (batch.run().errnos.some((errno) => errno !== NO_SPACE)) throw new Error('There should be no room.');
    }
  }

  /** @param {Request} _ is part of the job @param {number} count */
  job(_, count) {
    this.#job.run(count);
  }

  end() {
    if (this.#batch.length) this.#results.push(this.#batch.run());
  }

  blocks() {
    this.end();
    return this.#buddy.snapshot();
  }

  dispose() {
    for (const result of this.#results) result.free();
    this.#buddy.dispose();
  }
}
