// Random programs: operations that can be done on two allocators, and be compared. Lists are known by their places in an array.

import {
  GpuBuddyError,
  type AllocatedBlocks,
  type AllocMode,
  type AllocOptions,
  type Bytes,
  type GpuBuddy,
  type Pool,
} from 'gpu-buddy';
import type { Random } from '../support/random';

/** An allocator, and the lists of it that a program knows. */
export interface Bench {
  readonly buddy: GpuBuddy<Bytes>;
  lists: AllocatedBlocks<Bytes>[];
}

/** Does something, and returns the answer as text. */
export type Operation = (bench: Bench) => string;

function describe(list: AllocatedBlocks<Bytes>): string {
  const { offsets, orders, states, tags } = list.toArrays();
  return [list.tag, offsets.join(), orders.join(), states.join(), tags.join()].join(' ');
}

/** The answer of a call, or its error. */
function answerOf(call: () => string): string {
  try {
    return call();
  } catch (error) {
    if (error instanceof GpuBuddyError) return error.message;
    throw error;
  }
}

function listAt({ lists }: Bench, index: number): AllocatedBlocks<Bytes> | undefined {
  return lists[index % lists.length];
}

/** Forgets lists that are freed, and those that are empty: a state does not have them. */
function tidy(bench: Bench): void {
  bench.lists = bench.lists.filter((list) => {
    const isKept = !list.freed && !list.isEmpty;
    if (!isKept) list.free();
    return isKept;
  });
}

function drawSize(random: Random, chunks: number, unit: number): bigint {
  const most = random.chance(0.9) ? Math.min(chunks, 1 + random.below(24)) : chunks + 2;
  return BigInt(1 + random.below(most)) * BigInt(unit);
}

function drawMode(random: Random, { buddy }: Bench, chunks: number): AllocMode {
  const at = (chunk: number) => BigInt(buddy.baseOffset) + BigInt(chunk) * BigInt(buddy.chunkSize);
  const start = random.below(chunks);
  switch (random.below(5)) {
    case 0:
      return { range: { start: at(start), end: at(start + 1 + random.below(chunks - start)) } };
    case 1:
      return { at: at(start) };
    case 2:
      return 'top-down';
    default:
      return 'simple';
  }
}

function drawOptions(random: Random, bench: Bench, chunks: number): AllocOptions {
  return {
    mode: drawMode(random, bench, chunks),
    minBlockSize: BigInt(bench.buddy.chunkSize) << BigInt(random.chance(0.6) ? 0 : random.below(5)),
    contiguous: random.chance(0.2),
    clear: random.chance(0.4),
    trimDisable: random.chance(0.1),
    tag: random.below(100),
  };
}

/** Draws an operation. Whatever it is done on, it does the same. */
export function drawOperation(random: Random, bench: Bench): Operation {
  const unit = Number(bench.buddy.chunkSize);
  const chunks = Number(BigInt(bench.buddy.size) / BigInt(unit));
  const size = drawSize(random, chunks, unit);
  const [index, other, cleared] = [random.below(2 ** 20), random.below(2 ** 20), random.chance(0.5)];
  const options = drawOptions(random, bench, chunks);
  const fill = random.next();
  const keep = (at: Bench, list: AllocatedBlocks<Bytes>) => {
    at.lists.push(list);
    return describe(list);
  };
  const withList = (act: (list: AllocatedBlocks<Bytes>, at: Bench) => string): Operation => {
    return (at) => {
      const list = listAt(at, index);
      return list ? act(list, at) : 'no list';
    };
  };

  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return (at) => keep(at, at.buddy.allocBlocks(size, options));
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
      return withList((list) => {
        list.free({ cleared });
        return 'freed';
      });
    case 11:
      return withList((list) => {
        list.trim((BigInt(list.size) * BigInt(1 + (other % 8))) / 8n, undefined);
        return describe(list);
      });
    case 12:
      return withList((list) => {
        list.freeBlock(other % list.length, { cleared });
        return describe(list);
      });
    case 13:
      return withList((list) => String(list.tryExtend(size)) + describe(list));
    case 14:
      return withList((list, at) => {
        const from = listAt(at, other);
        if (from) list.append(from);
        return describe(list);
      });
    case 15:
      return (at) => {
        const batch = at.buddy.batch();
        for (let i = 0; i < 3; i++) batch.alloc(size, options);
        const result = batch.run({ atomic: cleared });
        return Array.from(result, ({ blocks, error }) => (blocks ? keep(at, blocks) : error?.message)).join();
      };
    case 16: {
      const order = other % 3;
      const step = 2 ** order;
      const first = Math.floor((fill * chunks) / step) * step;
      return (at) => {
        const place = (i: number) => ({
          offset: BigInt(at.buddy.baseOffset) + BigInt(unit) * BigInt(first + 2 * i * step),
          order,
        });
        return keep(at, at.buddy.claim([place(0), place(1)], cleared ? { tag: 5, clear: true } : {}));
      };
    }
    case 17:
      return (at) => {
        for (const list of at.buddy.allocMany(1 + (other % 4), size, options)) keep(at, list);
        return 'many';
      };
    case 18:
      if (!random.chance(0.1)) return (at) => keep(at, at.buddy.allocBlocks(size));
      return (at) => {
        at.buddy.resetClear(cleared);
        return 'reset';
      };
    default:
      return (at) => {
        const { avail, clearAvail, largestFree } = at.buddy;
        return `${avail} ${clearAvail} ${largestFree} ${at.buddy.findFree(size)}`;
      };
  }
}

/** Does an operation, and returns the answer or the error as text. */
export function perform(bench: Bench, operation: Operation): string {
  const answer = answerOf(() => operation(bench));
  tidy(bench);
  return answer;
}

/** Puts some allocations into a pool, and returns it. */
export function fillPool(random: Random, { buddy }: Bench): Pool<Bytes> {
  const pool = buddy.pool();
  for (let i = 0; i < 4; i++)
    pool.tryAlloc(BigInt(1 + random.below(4)) * BigInt(buddy.chunkSize), { tag: random.below(9) });
  return pool;
}
