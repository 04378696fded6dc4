/** The replay of a trace, which makes the kernel's calls with its arguments as they are. Nothing is read or parsed. */
import { TraceReplayer } from '../library.mjs';
import { nextRandom, SEED } from '../random.mjs';
import { takeEverySecond, takeRandomHalf } from './halves.mjs';
import { kernelArguments } from './requests.mjs';

const NO_SPACE = -28;

/** @implements {Way} @typedef {import('./way.mjs').Way} Way @typedef {import('../states.mjs').Request} Request */
export class Replay {
  #params;
  #replayer = new TraceReplayer();
  /** @type {number[]} */
  #live = [];
  #nextId = 1;
  #random = SEED;

  /** @param {{ size: number, chunkSize: number }} params */
  constructor(params) {
    this.#params = params;
    this.#replayer.execute({ kind: 'init', size: params.size, chunkSize: params.chunkSize });
  }

  /** @param {Request} request @param {number} count */
  fill(request, count) {
    const given = kernelArguments(request, this.#params);
    for (let i = 0; i < count; i++) {
      const id = this.#nextId++;
      this.#replayer.execute({ kind: 'alloc', id, ...given });
      this.#live.push(id);
    }
  }

  /** @param {Request} request */
  keepEverySecond(request) {
    for (const id of takeEverySecond(this.#live))
      this.#replayer.execute({ kind: 'free', id, cleared: request.clear });
  }

  /** @param {Request} request */
  keepRandomHalf(request) {
    const { taken, random } = takeRandomHalf(this.#live, this.#random);
    this.#random = random;
    for (const id of taken) this.#replayer.execute({ kind: 'free', id, cleared: request.clear });
  }

  /** @param {Request} request @param {number} count */
  pairs(request, count) {
    const replayer = this.#replayer;
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    const cleared = request.clear;
    const id = this.#nextId;
    for (let i = 0; i < count; i++) {
      replayer.execute({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
      replayer.execute({ kind: 'free', id, cleared });
    }
  }

  /** @param {Request} request @param {number} count */
  churn(request, count) {
    const replayer = this.#replayer;
    const live = this.#live;
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    const cleared = request.clear;
    let random = this.#random;
    for (let i = 0; i < count; i++) {
      random = nextRandom(random);
      const id = live[(random >>> 0) % live.length];
      replayer.execute({ kind: 'free', id, cleared });
      replayer.execute({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
    }
    this.#random = random;
  }

  /** @param {Request} request @param {number} count */
  failures(request, count) {
    const replayer = this.#replayer;
    const { size, minBlockSize, start, end, flags } = kernelArguments(request, this.#params);
    const id = this.#nextId;
    for (let i = 0; i < count; i++) {
      replayer.execute({ kind: 'alloc', id, start, end, size, minBlockSize, flags });
      if (replayer.errno !== NO_SPACE) throw new Error('There should be no room.');
      replayer.execute({ kind: 'free', id, cleared: false });
    }
  }

  end() {}

  blocks() {
    const snapshot = this.#replayer.snapshot();
    if (!snapshot) throw new Error('The replayer has no allocator.');
    return snapshot.blocks;
  }

  dispose() {
    this.#replayer[Symbol.dispose]();
  }
}
