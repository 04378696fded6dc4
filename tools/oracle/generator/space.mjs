// Knows the allocator that a generator makes up calls for, by making them in this library; so what comes next can aim at what is
// there. The answers that count are the kernel's.

import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';

/** @typedef {{ offset: bigint, size: bigint }} Block */
/** @typedef {{ id: number, blocks: Block[] }} List */

/** How many freed blocks are remembered, as places that are likely to be free. */
const REMEMBERED = 64;

export class Space {
  #replayer = new TraceReplayer();
  /** @type {number[]} */
  #unusedIds = [];
  #nextId = 0;

  /** The operations made so far. @type {string[]} */
  lines = [];
  chunk = 0n;
  /** @type {List[]} */
  lists = [];
  /** Blocks that were freed lately; some may be in use again. @type {Block[]} */
  freed = [];

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

  /** Bytes of the largest free block; a chunk where there is none. */
  get largestFree() {
    const order = this.#replayer.stats()?.freeBlocks.findLastIndex((count) => count > 0) ?? 0;
    return this.chunk << BigInt(Math.max(order, 0));
  }

  /** Makes an operation, and gives the blocks in its answer. @param {(string | number | bigint)[]} words @returns {Block[]} */
  execute(...words) {
    const fields = words.map((word) =>
      typeof word === 'bigint' ? `0x${BigInt.asUintN(64, word).toString(16)}` : word,
    );
    const line = fields.join(' ');
    this.lines.push(line);
    const answer = this.#replayer.execute(parseOperation(line));
    return [...answer.matchAll(/ (0x\w+):(\d+)/g)].map(([, offset, order]) => {
      return { offset: BigInt(offset), size: this.chunk << BigInt(order) };
    });
  }

  /** @param {bigint} size @param {bigint} chunk */
  init(size, chunk) {
    this.chunk = chunk;
    this.execute('init', size, chunk);
  }

  /** @param {import('./requests.mjs').Request} request */
  alloc({ start, end, size, min, flags }) {
    const id = this.#unusedIds.pop() ?? this.#nextId++;
    this.lists.push({ id, blocks: this.execute('alloc', id, start, end, size, min, BigInt(flags)) });
  }

  /** Makes an operation after which a list is what the answer says. @param {string} name @param {List} list @param {(string | number | bigint)[]} rest */
  change(name, list, ...rest) {
    list.blocks = this.execute(name, list.id, ...rest);
  }

  /** @param {List} list @param {boolean} cleared */
  free(list, cleared) {
    this.execute('free', list.id, cleared ? 0x10n : 0n);
    const last = this.lists.pop();
    if (last && last !== list) this.lists[this.lists.indexOf(list)] = last;
    this.#unusedIds.push(list.id);
    this.freed = [...this.freed, ...list.blocks.slice(0, 8)].slice(-REMEMBERED);
  }

  /** The lists must have been freed. */
  fini() {
    this.execute('fini');
    this.freed = [];
  }

  dispose() {
    this.#replayer[Symbol.dispose]();
  }
}
