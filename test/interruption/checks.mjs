/** Judges the state after an interruption: who owns what, by the objects that a program can reach and by the allocators. */
import { allocationsOf, COMMON_SIZE } from './world.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').Holding} Holding */
/** @typedef {import('./world.mjs').GpuBuddy} GpuBuddy */
/** @typedef {import('./world.mjs').Bytes} Bytes */

/** Finds what is wrong, in words. */
export class Findings {
  /** @type {string[]} */
  problems = [];

  /** @param {boolean} holds @param {() => string} problem */
  expect(holds, problem) {
    if (!holds) this.problems.push(problem());
  }

  /** Runs a check; an error of it is a finding. @template T @param {string} what @param {() => T} run */
  attempt(what, run) {
    try {
      return run();
    } catch (error) {
      this.problems.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** @param {any} error */
export function messageOf(error) {
  return [error?.code ?? error?.name, error?.message ?? String(error)].filter(Boolean).join(': ');
}

/** @param {World} world @param {Findings} findings */
export function check(world, findings) {
  findings.attempt('what nobody touched', () => checkUntouched(world, findings));
  const lists = findings.attempt('allocating', () => allocateFromEach(world)) ?? [];
  findings.attempt('the lists', () => checkLists(world, findings, lists));
  findings.attempt('freeing', () => free(lists));
  findings.attempt('allocating once more', () => checkAmounts(world, findings));
  findings.attempt('a new allocator', () => checkNewAllocator(world, findings));
}

/** @param {World} world @param {Findings} findings */
function checkUntouched({ holdings, batch, result, handle }, findings) {
  findings.expect(batch?.length === 4, () => `a batch of 4 has ${batch?.length} operations`);
  if (!result) return;
  findings.expect(result.errnos.join(' ') === '0 0 0 0', () => `the result says ${result.errnos.join(' ')}`);
  findings.expect(
    handle !== undefined &&
      result.blocks(handle) === holdings.find(({ name }) => name === 'a list of a result')?.list,
    () => 'the result has lost a list',
  );
}

/**
 * The first allocations may find what the interrupted call has left behind, and must not take it for their own. Most scenarios
 * are about the first allocator: it has its turn last.
 *
 * @param {World} world @returns {Holding[]}
 */
function allocateFromEach({ allocators }) {
  return [...allocators].reverse().map((buddy, index) => {
    const list = buddy.allocBlocks(COMMON_SIZE);
    return { name: `a new list of allocator ${allocators.length - 1 - index}`, list, buddy };
  });
}

/** @param {readonly Holding[]} holdings */
function free(holdings) {
  for (const { list } of holdings) list.free();
}

/** An allocation takes what was asked for, from its allocator alone. @param {World} world @param {Findings} findings */
function checkAmounts({ allocators }, findings) {
  /** @type {Holding[]} */
  const holdings = [];
  allocators.forEach((buddy, index) => {
    const before = allocators.map(({ avail }) => BigInt(avail));
    holdings.push({ name: '', list: buddy.allocBlocks(COMMON_SIZE), buddy });
    const taken = allocators.map(({ avail }, other) => (before[other] ?? 0n) - BigInt(avail));
    const wanted = allocators.map((_, other) => (other === index ? BigInt(COMMON_SIZE) : 0n));
    findings.expect(
      taken.join() === wanted.join(),
      () =>
        `allocator ${index} was asked for ${wanted[index]} bytes; the allocators gave ${taken.join(', ')}`,
    );
  });
  free(holdings);
}

/**
 * Compares all live lists with each other, and with what the allocators say.
 *
 * @param {World} world @param {Findings} findings @param {Holding[]} [more]
 */
export function checkLists(world, findings, more = []) {
  const holdings = [...world.holdings, ...more, ...listsOfResults(world)];
  /** @type {Map<GpuBuddy, Map<bigint, Claim>>} */
  const claims = new Map(world.allocators.map((buddy) => [buddy, new Map()]));
  for (const holding of unique(holdings)) {
    const owner = world.aliases.get(holding.list.buddy) ?? holding.list.buddy;
    const claimed = claims.get(owner) ?? new Map();
    claims.set(owner, claimed);
    findings.attempt(holding.name, () => checkList(world, findings, holding, claimed));
  }
  for (const holding of world.pools) {
    const claimed = claims.get(world.aliases.get(holding.buddy) ?? holding.buddy) ?? new Map();
    findings.attempt(holding.name, () => checkPool(findings, holding, claimed));
  }
  for (const [buddy, claimed] of claims) if (!buddy.disposed) checkSpace(buddy, claimed, findings);
}

/** @typedef {{ name: string, order: number }} Claim of a list to a block */

/** @param {World} world @param {Findings} findings @param {Holding} holding @param {Map<bigint, Claim>} claimed so far */
function checkList({ aliases }, findings, { name, list, buddy, before }, claimed) {
  if (before) findings.expect(!list.freed, () => `${name} is freed`);
  if (list.freed) return;
  const given = list.buddy;
  const owner = aliases.get(given) ?? given;
  findings.expect(owner === (aliases.get(buddy) ?? buddy), () => `${name} is one of another allocator`);
  const { offsets, orders } = list.toArrays();
  if (before)
    findings.expect(isSame(before, { offsets, orders }), () => {
      return `${name} had ${wordsOf(before)}, and has ${wordsOf({ offsets, orders })}`;
    });
  const chunkSize = BigInt(owner.chunkSize);
  let size = 0n;
  for (const order of orders) size += chunkSize << BigInt(order);
  findings.expect(BigInt(list.size) === size, () => `${name} says ${list.size} bytes, and has ${size}`);
  findings.expect(
    typeof list.size === typeof given.size && typeof offsets[0] === typeof list.at(0)?.offset,
    () =>
      `${name} gives out ${typeof list.size} and ${typeof offsets[0]}, and its allocator ${typeof given.size}`,
  );
  findings.expect(
    list.length === offsets.length,
    () => `${name} says ${list.length}, has ${offsets.length} blocks`,
  );
  Array.from(offsets, BigInt).forEach((offset, index) => {
    const other = claimed.get(offset);
    findings.expect(!other, () => `two owners of ${offset}: ${name} and ${other?.name}`);
    claimed.set(offset, { name, order: orders[index] ?? 0 });
  });
  checkFirstBlock(name, list, given, findings);
}

/** @param {Findings} findings @param {import('./world.mjs').PoolHolding} holding @param {Map<bigint, Claim>} claimed so far */
function checkPool(findings, { name, pool, buddy, before }, claimed) {
  if (before) findings.expect(!pool.disposed, () => `${name} is disposed of`);
  if (pool.disposed) return;
  const allocations = allocationsOf(pool);
  findings.expect(
    allocations.length === pool.length,
    () => `${name} says ${pool.length}, has ${allocations.length} allocations`,
  );
  if (before)
    findings.expect(
      before.length === allocations.length &&
        before.every(({ handle, offset, size }, i) => {
          const now = allocations[i];
          return now?.handle === handle && now.offset === offset && now.size === size;
        }),
      () => `${name} has other allocations than before`,
    );
  if (buddy.disposed) return;
  const { offsets, orders, states } = buddy.snapshot();
  const chunkSize = BigInt(buddy.chunkSize);
  let owned = 0n;
  Array.from(/** @type {Iterable<Bytes>} */ (offsets), BigInt).forEach((offset, index) => {
    const order = orders[index] ?? 0;
    if (!allocations.some(({ offset: start, size }) => offset >= start && offset < start + size)) return;
    const other = claimed.get(offset);
    findings.expect(!other, () => `two owners of ${offset}: ${name} and ${other?.name}`);
    findings.expect(((states[index] ?? 0) & 1) !== 0, () => `${offset} of ${name} is free`);
    claimed.set(offset, { name, order });
    owned += chunkSize << BigInt(order);
  });
  const wanted = allocations.reduce((sum, { size }) => sum + size, 0n);
  findings.expect(owned === wanted, () => `${name} has ${wanted} bytes, in blocks of ${owned}`);
}

/** @param {import('./world.mjs').Blocks} one @param {import('./world.mjs').Blocks} other */
function isSame(one, other) {
  return (
    one.offsets.length === other.offsets.length &&
    one.offsets.every((offset, index) => offset === other.offsets[index]) &&
    one.orders.every((order, index) => order === other.orders[index])
  );
}

/** @param {import('./world.mjs').Blocks} blocks */
function wordsOf({ offsets, orders }) {
  return Array.from(
    /** @type {Iterable<Bytes>} */ (offsets),
    (offset, index) => `${offset}/${orders[index]}`,
  ).join(' ');
}

/** @param {World} world @returns {Holding[]} */
function listsOfResults({ results, result, small, large, my }) {
  const known = results.map((of) => ({ of, buddy: my.resultsFrom ?? small }));
  if (result) known.push({ of: result, buddy: large });
  return known.flatMap(({ of, buddy }, number) =>
    Array.from(of, ({ blocks }) => blocks).flatMap((list, place) =>
      list ? [{ name: `list ${place} of result ${number}`, list, buddy }] : [],
    ),
  );
}

/** @param {Holding[]} holdings */
function unique(holdings) {
  /** @type {Map<Holding['list'], Holding>} */
  const first = new Map();
  for (const holding of holdings) if (!first.has(holding.list)) first.set(holding.list, holding);
  return first.values();
}

/** @param {string} name @param {Holding['list']} list @param {GpuBuddy} buddy @param {Findings} findings */
function checkFirstBlock(name, list, buddy, findings) {
  const first = list.at(0);
  if (!first || buddy.disposed) return;
  const { offset, order } = first;
  const found = buddy.blockAt(offset);
  findings.expect(
    found !== null && found.offset === offset && found.order === order,
    () =>
      `${name} begins at ${offset} with order ${order}; there is ${found ? `${found.offset} of ${found.order}` : 'nothing'}`,
  );
}

/** @param {GpuBuddy} buddy @param {Map<bigint, Claim>} claimed @param {Findings} findings */
function checkSpace(buddy, claimed, findings) {
  const { offsets, orders, states } = buddy.snapshot();
  const chunkSize = BigInt(buddy.chunkSize);
  let [size, free] = [0n, 0n];
  /** @type {Map<bigint, number | undefined>} */
  const allocated = new Map();
  Array.from(offsets, BigInt).forEach((offset, index) => {
    const bytes = chunkSize << BigInt(orders[index] ?? 0);
    size += bytes;
    if ((states[index] ?? 0) & 1) allocated.set(offset, orders[index]);
    else free += bytes;
  });
  findings.expect(size === BigInt(buddy.size), () => `the snapshot has ${size} bytes of ${buddy.size}`);
  findings.expect(free === BigInt(buddy.avail), () => `${free} bytes are free, ${buddy.avail} avail`);
  for (const [offset, { name, order }] of claimed) {
    const there = allocated.get(offset);
    findings.expect(
      there === order,
      () => `${name} has a block of order ${order} at ${offset}; the allocator has ${there ?? 'none'}`,
    );
  }
}

/** @param {World} world @param {Findings} findings */
function checkNewAllocator({ library }, findings) {
  const buddy = new library.GpuBuddy({ size: 8192 });
  const numbers = [buddy.size, buddy.avail];
  findings.expect(numbers.join() === '8192,8192', () => `a new allocator of 8192 has ${numbers.join(', ')}`);
  const list = buddy.allocBlocks(4096);
  findings.expect(buddy.avail === 4096, () => `a new allocator has ${buddy.avail} instead of 4096`);
  list.free();
  findings.expect(buddy.avail === 8192, () => `a new allocator has ${buddy.avail} instead of 8192`);
  buddy.dispose();
}
