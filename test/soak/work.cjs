// Uses a shared allocator step by step, at random: what each thread of workers.test.ts does.
const { AllocatedBlocks } = require('../../dist/index.js');

const MOST_LISTS = 64;

/**
 * @param {any} buddy of either kind
 * @param {() => number} random
 */
function useAllocator(buddy, random) {
  const kind = { bigint: typeof buddy.size === 'bigint' };
  /** @type {any[]} */
  const lists = [];
  /** Tokens that were given away, and perhaps never adopted. */
  const given = [];

  function pick() {
    const [list] = lists.splice(random() % Math.max(lists.length, 1), 1);
    return list;
  }

  function allocate() {
    const size = 4096 * (1 + (random() % 64));
    const mode = ['simple', 'top-down', { range: { start: 2 ** 20 * (random() % 256), end: buddy.size } }][
      random() % 3
    ];
    const flags = { contiguous: random() % 4 === 0, clear: random() % 4 === 0, tag: random() };
    const list = buddy.tryAllocBlocks(size, { .../** @type {object} */ ({ mode }), ...flags });
    if (list) lists.push(list);
  }

  function trim() {
    const list = lists[random() % Math.max(lists.length, 1)];
    if (list?.length !== 1) return;
    const chunks = Number(list.size) / 4096;
    if (chunks > 1) list.trim(4096 * Math.floor(chunks / 2));
  }

  const acts = [
    allocate,
    allocate,
    () => lists.length < MOST_LISTS && allocate(),
    trim,
    () => pick()?.free({ cleared: random() % 2 === 0 }),
    () => pick()?.free(),
    // Dropped: for the collector, or for the end of the thread.
    () => random() % 8 === 0 && pick(),
    () => {
      const list = lists[0];
      if (list && !list.isEmpty) list.freeBlock(random() % list.length);
      if (list?.isEmpty) lists.shift()?.free();
    },
    () => buddy.avail <= buddy.size,
    () => buddy.blockAt(random() % Number(buddy.size)),
    () => random() % 256 === 0 && buddy.resetClear(random() % 2 === 0),
    () => random() % 256 === 0 && buddy.snapshot(),
  ];

  return {
    step() {
      acts[random() % acts.length]();
      while (lists.length > MOST_LISTS) pick()?.free();
    },

    /** A token for another thread. It may never arrive. */
    give() {
      const token = pick()?.transfer();
      if (token) given.push(token);
      return token;
    },

    /** Takes up what a thread gave, if nobody has, and that thread is still there. */
    receive(token) {
      try {
        lists.push(AllocatedBlocks.adopt(token, kind));
      } catch (error) {
        if (error.code !== 'ERR_GPU_BUDDY_TOKEN') throw error;
      }
    },

    /** Gives everything back, also what was given away in vain. */
    end() {
      for (const token of given.splice(0)) this.receive(token);
      for (const list of lists.splice(0)) list.free();
    },
  };
}

module.exports = { useAllocator };
