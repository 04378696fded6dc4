import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvCache } from '../kv-cache.mjs';
import { policies } from '../policies.mjs';
import { Server } from '../server.mjs';
import { simulate } from '../simulate.mjs';
import { smallestSpace } from '../smallest.mjs';
import { randomAdapters, randomRequests } from '../arrivals.mjs';
import { PAGE_SIZE, PAGE_TOKENS } from '../units.mjs';

const [bestFit, anyRun, lowAndHigh, , apart, contiguous] = policies;

/** A cache of so many pages, without any for adapters alone. @param {number} pages @param {import('../policies.mjs').Policy} policy */
const cacheOf = (pages, policy = bestFit) => new KvCache(pages * PAGE_SIZE, 0, policy);

/** A request of so many pages that grows by so many. @param {number} pages @param {number} growth */
const request = (pages, growth, time = 0) => ({
  time,
  context: pages * PAGE_TOKENS - 1,
  generated: growth * PAGE_TOKENS + 1,
});

/** Makes steps until nothing runs or waits. @param {Server} server @returns {number} how many */
function finish(server) {
  for (let step = 0; ; step++) {
    if (server.isIdle) return step;
    assert.ok(step < 100_000, 'never ends');
    server.unload(step);
    server.step(step);
  }
}

describe('a KV cache', () => {
  test('grows a sequence in place, else by a page from elsewhere, as long as there is one', () => {
    const cache = cacheOf(4, lowAndHigh);
    const first = cache.open(PAGE_TOKENS, PAGE_TOKENS, 0);
    assert.equal(cache.grow(first, PAGE_TOKENS + 1), true);
    const second = cache.open(1, 1, 0);
    assert.equal(cache.grow(first, 2 * PAGE_TOKENS + 1), true);
    assert.deepEqual([cache.grown, cache.grownInPlace], [2, 1]);
    assert.deepEqual(
      first.blocks.segments().map(({ offset, size }) => [offset / PAGE_SIZE, size / PAGE_SIZE]),
      [
        [0, 2],
        [3, 1],
      ],
    );
    assert.equal(cache.grow(second, PAGE_TOKENS), true);
    assert.equal(cache.grow(second, PAGE_TOKENS + 1), false);
    assert.equal(second.blocks.size, PAGE_SIZE);
    assert.equal(cache.grown, 2);
  });

  test('keeps from sequences what is reserved for adapters, until adapters have it', () => {
    const cache = new KvCache(8 * PAGE_SIZE, 0.25, bestFit);
    assert.equal(cache.open(7 * PAGE_TOKENS, 0, 0), null);
    assert.equal(cache.open(4 * PAGE_TOKENS, 0, 3 * PAGE_SIZE), null);
    const sequence = cache.open(6 * PAGE_TOKENS, 0, 0);
    assert.equal(cache.grow(sequence, 6 * PAGE_TOKENS + 1), false);
    const adapter = cache.load(2 * PAGE_SIZE);
    assert.equal(adapter.size, 2 * PAGE_SIZE);
    assert.equal(cache.avail, 0);
    assert.equal(cache.load(PAGE_SIZE), null);
  });

  test('finds every run for an adapter, where the policy says so', () => {
    for (const [policy, isFound] of /** @type {const} */ ([
      [bestFit, false],
      [anyRun, true],
    ])) {
      const cache = cacheOf(16, policy);
      for (const list of cache.buddy.allocMany(16, PAGE_SIZE).slice(2, 7)) list.free();
      assert.equal(cache.longestRun, 5 * PAGE_SIZE);
      assert.equal(cache.load(5 * PAGE_SIZE) !== null, isFound, policy.name);
    }
  });

  test('keeps pages and adapters apart, where the policy says so', () => {
    const cache = new KvCache(8 * PAGE_SIZE, 0.25, apart);
    const pages = cache.open(5 * PAGE_TOKENS, 0, 0);
    assert.ok([...pages.blocks].every(({ offset }) => offset >= 2 * PAGE_SIZE));
    assert.equal(cache.grow(pages, 5 * PAGE_TOKENS + 1), true);
    assert.equal(cache.grow(pages, 6 * PAGE_TOKENS + 1), false);
    assert.equal(cache.load(2 * PAGE_SIZE).offset, 0);
    pages.blocks.free();
    assert.equal(cache.load(PAGE_SIZE), null);
  });

  test('gives a contiguous sequence all of its pages at once', () => {
    const cache = cacheOf(8, contiguous);
    const pages = cache.open(1, 5 * PAGE_TOKENS, 0);
    assert.equal(pages.blocks.segments().length, 1);
    assert.equal(cache.grow(pages, 5 * PAGE_TOKENS), true);
    assert.equal(cache.grown, 0);
  });
});

describe('a server', () => {
  test('preempts the youngest sequence where one cannot grow, and runs it again with what it had', () => {
    const server = new Server(cacheOf(4));
    for (let i = 0; i < 2; i++) server.submit(request(1, 2), 0);
    const [first, second] = server.sequences;
    for (let step = 0; server.preemptions === 0; step++) server.step(step);
    assert.equal(first.tokens, second.tokens + 1);
    assert.ok(second.tokens > request(1, 2).context);
    const before = second.tokens;
    finish(server);
    assert.equal(server.preemptions, 1);
    assert.ok(second.tokens > before);
    assert.deepEqual([first.tokens, second.tokens], [first.length, second.length]);
    assert.deepEqual([first.wait, second.wait], [0, 0]);
    assert.equal(server.cache.buddy.isEmpty, true);
  });

  test('serves first the request that came first, even where a later one fits', () => {
    const server = new Server(cacheOf(8));
    for (const pages of [5, 4, 1]) server.submit(request(pages, 0), 0);
    server.step(0);
    server.step(1);
    assert.deepEqual(
      server.sequences.map(({ wait }) => wait),
      [0, 1, 1],
    );
  });

  test('runs a single sequence that needs the whole space, and refuses one that is larger', () => {
    const server = new Server(cacheOf(4));
    server.submit(request(4, 0), 0);
    assert.equal(finish(server), 1);
    assert.throws(() => server.submit(request(4, 1), 0), { message: /^A request of 80 tokens is larger/ });
    assert.equal(server.isIdle, true);
  });

  test('unloads adapters in time, and counts those that find no place', () => {
    const server = new Server(cacheOf(4));
    server.load({ time: 0, size: 3 * PAGE_SIZE, seconds: 2 }, 0);
    server.load({ time: 1, size: 2 * PAGE_SIZE, seconds: 2 }, 1);
    server.unload(1.9);
    assert.equal(server.cache.buddy.avail, PAGE_SIZE);
    server.unload(2);
    assert.equal(server.cache.buddy.isEmpty, true);
    assert.deepEqual([server.adapters, server.failedAdapters], [2, 1]);
  });

  for (const policy of policies) {
    test(`completes every request, and gives all memory back: ${policy.name}`, () => {
      const server = new Server(new KvCache(2 ** 30, 0.15, policy));
      for (const one of randomRequests({ seed: 3, rate: 100, seconds: 1 })) {
        if (one.context + one.generated < 6000) server.submit(one, 0);
      }
      for (const one of randomAdapters({ seed: 3, rate: 5, seconds: 1 })) server.load(one, 0);
      assert.ok(server.sequences.length > 80);
      finish(server);
      assert.ok(server.sequences.every(({ tokens, length }) => tokens === length));
      assert.equal(server.cache.buddy.isEmpty, true);
    });
  }
});

test('a simulation looks at the memory once a second, until the last request has come', () => {
  const load = {
    requests: [request(1, 0), request(1, 0, 1.99)],
    adapters: [
      { time: 0, size: 2 * PAGE_SIZE, seconds: 100 },
      { time: 1.5, size: 7 * PAGE_SIZE, seconds: 100 },
    ],
  };
  assert.deepEqual(simulate(cacheOf(8), load), {
    utilisation: 0.25,
    longestRun: 6 * PAGE_SIZE,
    adapters: 2,
    failedAdapters: 1,
    grown: 0,
    grownInPlace: 0,
    preemptions: 0,
    requests: 2,
    waited: 0,
    wait95: 0,
  });
});

describe('the smallest space', () => {
  const adapters = [];

  test('holds all that runs at one time, and the spare part', () => {
    const MiB = 2 ** 20;
    assert.equal(smallestSpace(0, bestFit, { requests: [request(64, 0)], adapters }), 128 * MiB);
    // 256 MiB for both, and 1 % more.
    assert.equal(
      smallestSpace(0, bestFit, { requests: [request(64, 0), request(64, 0)], adapters }),
      384 * MiB,
    );
    assert.equal(smallestSpace(0.5, bestFit, { requests: [request(64, 0)], adapters }), 256 * MiB);
  });

  test('is larger for contiguous sequences than for paged ones', () => {
    const load = { requests: randomRequests({ seed: 1, rate: 10, seconds: 20 }), adapters };
    assert.ok(smallestSpace(0.15, contiguous, load) > smallestSpace(0.15, bestFit, load));
  });
});
