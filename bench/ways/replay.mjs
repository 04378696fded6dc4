/**
 * The replay of a trace, which makes the kernel's calls with its arguments as they are. Nothing is read or parsed, and the
 * lines of the results are not asked for.
 */
import { library } from '../library.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { kernelArguments } from './requests.mjs';

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Replay {
  #params;
  #replayer;
  /** @type {number[]} */
  #live = [];
  /** Each list has an ID of its own. */
  #nextId = 1;
  #random = SEED;

  /** @param {import('./way.mjs').Params} params @param {import('../library.mjs').Library} [from] */
  constructor(params, { TraceReplayer } = library) {
    this.#replayer = new TraceReplayer();
    this.#params = params;
    this.#replayer.execute({ kind: 'init', size: params.size, chunkSize: params.chunkSize });
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const given = kernelArguments(request, this.#params);
    for (let i = 0; i < count; i++) {
      const id = this.#nextId++;
      this.#do({ kind: 'alloc', id, ...given });
      this.#live.push(id);
    }
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    for (const id of takeEverySecond(this.#live)) this.#do({ kind: 'free', id, cleared: request.clear });
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    const { taken, random } = takeRandomHalf(this.#live, this.#random);
    this.#random = random;
    for (const id of taken) this.#do({ kind: 'free', id, cleared: request.clear });
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    const cleared = request.clear;
    for (let i = 0; i < count; i++) {
      const id = this.#nextId++;
      this.#do({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
      this.#do({ kind: 'free', id, cleared });
    }
    this.end();
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const live = this.#live;
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    const cleared = request.clear;
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const place = (random >>> 0) % live.length;
      this.#do({ kind: 'free', id: live[place], cleared });
      const id = (live[place] = this.#nextId++);
      this.#do({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
    }
    this.#random = random;
    this.end();
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    for (let i = 0; i < count; i++) {
      const id = this.#nextId++;
      this.#do({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
      // An ID stands for a list even if it is empty.
      this.#do({ kind: 'free', id, cleared: false });
    }
    this.end();
  }

  /** Sooner or later. @param {import('gpu-buddy/trace').TraceOperation} operation */
  #do(operation) {
    if (this.#replayer.enqueue(operation)) return;
    this.#replayer.run();
    this.#replayer.enqueue(operation);
  }

  end() {
    this.#replayer.run();
  }

  blocks() {
    this.end();
    const snapshot = this.#replayer.snapshot();
    if (!snapshot) throw new Error('The replayer has no allocator.');
    return snapshot.blocks;
  }

  dispose() {
    this.#replayer[Symbol.dispose]();
  }
}
