// What a generator knows of the allocator that it makes up calls for. It learns it by making the calls, in this library;
// so what it does next can aim at what is there. The answers that count are the kernel's.

import { parseOperation } from 'gpu-buddy/trace';

/** @typedef {import('gpu-buddy/trace').TraceReplayer} TraceReplayer */
/** @typedef {{ offset: bigint, size: bigint }} Block */
/** @typedef {{ id: number, blocks: Block[] }} List */

/** How many freed blocks are remembered, as places that are likely to be free. */
const REMEMBERED = 64;

export class Space {
  #replayer;
  #chunk = 0n;
  /** @type {List[]} */
  #lists = [];
  /** @type {number[]} */
  #unusedIds = [];
  #nextId = 0;
  /** @type {Block[]} */
  #freed = [];

  /** @param {TraceReplayer} replayer */
  constructor(replayer) {
    this.#replayer = replayer;
  }

  get isLive() {
    return this.#replayer.isLive;
  }

  get chunk() {
    return this.#chunk;
  }

  /** Bytes that are managed. */
  get size() {
    return BigInt(this.#replayer.size);
  }

  get avail() {
    return BigInt(this.#replayer.avail);
  }

  /** The share of the space that is allocated. */
  get use() {
    return 1 - this.#replayer.avail / this.#replayer.size;
  }

  get lists() {
    return this.#lists;
  }

  /** Blocks that were freed lately; some may be in use again. */
  get freed() {
    return this.#freed;
  }

  /** Bytes of the largest free block; a chunk where there is none. */
  get largestFree() {
    const order = this.#replayer.stats()?.freeBlocks.findLastIndex((count) => count > 0) ?? 0;
    return this.#chunk << BigInt(Math.max(order, 0));
  }

  /** @param {bigint} size @param {bigint} chunk */
  init(size, chunk) {
    this.#execute(`init ${number(size)} ${number(chunk)}`);
    this.#chunk = chunk;
  }

  /** The ID that the next list gets. */
  get newId() {
    return this.#unusedIds.at(-1) ?? this.#nextId;
  }

  /** An operation on list `id`, after which the list is what the answer says. @param {string} line @param {number} id */
  executeOnList(line, id) {
    const blocks = this.#blocksOf(this.#execute(line));
    const known = this.#lists.find((list) => list.id === id);
    if (known) {
      known.blocks = blocks;
      return;
    }
    this.#lists.push({ id, blocks });
    if (this.#unusedIds.pop() === undefined) this.#nextId++;
  }

  /** @param {List} list @param {boolean} cleared */
  free(list, cleared) {
    this.#execute(`free ${list.id} ${cleared ? '0x10' : '0x0'}`);
    this.#forget(list);
    this.#freed.push(...list.blocks.slice(0, 8));
    this.#freed.splice(0, this.#freed.length - REMEMBERED);
  }

  /** @param {string} line */
  execute(line) {
    this.#execute(line);
  }

  fini() {
    this.#execute('fini');
    this.#lists = [];
    this.#freed = [];
  }

  /** @param {List} list */
  #forget(list) {
    const last = this.#lists.pop();
    if (last && last !== list) this.#lists[this.#lists.indexOf(list)] = last;
    this.#unusedIds.push(list.id);
  }

  /** The operations made so far, and not yet taken. @type {string[]} */
  #lines = [];

  takeLines() {
    return this.#lines.splice(0);
  }

  /** @param {string} line */
  #execute(line) {
    this.#lines.push(line);
    return this.#replayer.execute(parseOperation(line));
  }

  /** The blocks in a result line. @param {string} result @returns {Block[]} */
  #blocksOf(result) {
    const [, ...fields] = result.split(' ');
    return fields
      .filter((field) => field.startsWith('0x'))
      .map((field) => {
        const [offset, order] = field.split(':');
        return { offset: BigInt(offset), size: this.#chunk << BigInt(order) };
      });
  }
}

/** A number as a trace has it. @param {bigint} value */
export function number(value) {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}
