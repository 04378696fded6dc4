// Makes up a trace: the same one for the same profile, seed and number of operations.

import { profiles } from './profiles.mjs';
import { Random } from './random.mjs';
import { CLEAR, requestKinds, TOP_DOWN, TRIM_DISABLE } from './requests.mjs';
import { Space } from './space.mjs';

/** @typedef {import('./profiles.mjs').Profile} Profile */
/** @typedef {import('./profiles.mjs').SpaceKind} SpaceKind */

/** Lists at a time, at most, since each end of a round has to free them all. */
const MOST_LISTS = 500;

/** After about so many operations another fill is aimed at. */
const GOAL_OPERATIONS = 200;

/** The fewest operations of a trace: init, a few, print and fini. */
export const FEWEST_OPERATIONS = 10;

/**
 * Makes the lines of a trace. Besides the first, a comment, there are as many as `operations` says.
 * @param {{ profile: string, seed: string, operations: number }} options `profile` is one of `profiles`
 */
export function generate({ profile: name, seed, operations }) {
  const space = new Space();
  try {
    new TraceMaker(profiles[name], new Random(`${name} ${seed}`), space).make(operations);
  } finally {
    space.dispose();
  }
  return [
    `# npm run oracle -- generate --profile ${name} --seed ${seed} --operations ${operations}`,
    ...space.lines,
  ];
}

class TraceMaker {
  #profile;
  #random;
  #space;
  #goal = 0;

  /** @param {Profile} profile @param {Random} random @param {Space} space */
  constructor(profile, random, space) {
    this.#profile = profile;
    this.#random = random;
    this.#space = space;
  }

  /** @param {number} operations */
  make(operations) {
    const [shortest, longest] = this.#profile.rounds;
    for (let made = 0; made < operations; made = this.#space.lines.length) {
      const end = made + shortest + this.#random.below(longest - shortest);
      // A rest too short for a round of its own belongs to this one.
      this.#round(operations - end < FEWEST_OPERATIONS ? operations : end);
    }
  }

  /** Makes one allocator, from init to fini. @param {number} end how many lines there are then, exactly */
  #round(end) {
    const space = this.#space;
    const [low, high] = this.#profile.fill;
    if (this.#random.chance(0.3)) this.#failInit();
    space.init(...this.#newSpace());
    // Each operation may leave a list behind, which takes another one to free; then print and fini.
    while (space.lines.length + space.lists.length + 4 <= end) {
      if (this.#random.chance(1 / GOAL_OPERATIONS) || this.#goal === 0)
        this.#goal = low + this.#random.fraction() * (high - low) + 1e-9;
      this.#act();
    }
    for (const list of [...space.lists]) this.#free(list);
    while (space.lines.length + 2 < end) this.#lookup();
    space.execute('print');
    space.fini();
  }

  #failInit() {
    const page = 4096n;
    const [size, chunk] = this.#random.pick([
      [0n, page],
      [page - 1n, page],
      [0n, 0n],
      [page << 8n, page - 1n],
      [page << 8n, page + 1n],
      [page << 8n, 3n * page],
      [page << 8n, 0n],
      [page << 8n, page / 2n],
      [page, 2n * page],
      [1n << 62n, (1n << 63n) + page],
    ]);
    this.#space.init(size, chunk);
  }

  /** @returns {[size: bigint, chunk: bigint]} */
  #newSpace() {
    const random = this.#random;
    const chunk = 4096n << BigInt(random.geometric(0.4, 12));
    /** @type {Record<SpaceKind, () => bigint>} */
    const chunks = {
      power: () => 1n << BigInt(4 + random.below(14)),
      uneven: () => 16n + random.magnitude(1n << 17n),
      // Many bits set: each is a root.
      roots: () => random.bigBelow(1n << 16n) | random.bigBelow(1n << 16n) | (1n << BigInt(random.below(18))),
      tiny: () => BigInt(1 + random.below(40)),
      huge: () => random.magnitude((1n << 62n) / chunk),
    };
    const size = chunk * chunks[random.weighted(this.#profile.spaces)]();
    // Bytes beyond the last whole chunk are not managed.
    return [size + (random.chance(0.2) ? random.bigBelow(chunk) : 0n), chunk];
  }

  #act() {
    /** @type {Record<import('./profiles.mjs').Action, () => void>} */
    const actions = {
      turnover: () => this.#turnOver(),
      trim: () => this.#trim(),
      lookup: () => this.#lookup(),
      print: () => this.#space.execute('print'),
      resetClear: () => this.#space.execute('reset_clear', this.#random.below(2)),
      freeBlock: () => this.#freeBlock(),
    };
    actions[this.#random.weighted(this.#profile.actions)]();
  }

  #turnOver() {
    const { lists, use } = this.#space;
    const isFull = lists.length >= MOST_LISTS;
    const wantsMore = this.#random.chance(use < this.#goal ? 0.75 : 0.25);
    if (lists.length > 0 && (isFull || !wantsMore)) this.#free(this.#random.pick(lists));
    else this.#alloc();
  }

  #alloc() {
    const random = this.#random;
    const { clear, trimDisable, topDown } = this.#profile.flags;
    const request = requestKinds[random.weighted(this.#profile.requests)](this.#space, random);
    let { flags } = request;
    if (random.chance(clear)) flags |= CLEAR;
    if (random.chance(trimDisable)) flags |= TRIM_DISABLE;
    if (random.chance(topDown)) flags |= TOP_DOWN;
    this.#space.alloc({ ...request, flags });
  }

  /** @param {import('./space.mjs').List} list */
  #free(list) {
    this.#space.free(list, this.#random.chance(this.#profile.cleared));
  }

  /** One of the lists; mostly one that holds blocks. */
  #someList() {
    const { lists } = this.#space;
    const list = lists.length > 0 ? this.#random.pick(lists) : undefined;
    if (list?.blocks.length || this.#random.chance(0.1)) return list;
    return lists.find(({ blocks }) => blocks.length > 0);
  }

  /** Only a list of one block can be trimmed. */
  #trim() {
    const { lists } = this.#space;
    const single = this.#random.chance(0.7) ? lists.find(({ blocks }) => blocks.length === 1) : undefined;
    const list = single ?? this.#someList();
    if (!list) return this.#lookup();
    const random = this.#random;
    const { chunk } = this.#space;
    const { offset, size } = list.blocks.at(-1) ?? { offset: 0n, size: chunk };
    const chunks = size / chunk;
    const newSize = random.chance(0.85)
      ? chunk * random.magnitude(chunks)
      : random.pick([0n, 1n, size, size + chunk, size - 1n, chunk / 2n, (1n << 64n) - chunk, 1n << 63n]);
    const within = offset + chunk * random.bigBelow(chunks);
    const odd = [0n, offset - chunk, offset + size, within + 1n, -chunk, offset + size - chunk];
    const start = random.chance(0.85) ? within : random.pick(odd);
    const last = random.chance(0.6) && newSize <= size ? offset + random.pick([0n, size - newSize]) : start;
    this.#space.change('trim', list, random.chance(0.4) ? '-' : last, newSize);
  }

  #lookup() {
    const random = this.#random;
    const { size } = this.#space;
    const block = this.#someList()?.blocks.at(0);
    const address =
      block && random.chance(0.6)
        ? block.offset + random.bigBelow(block.size)
        : random.chance(0.8)
          ? random.bigBelow(size)
          : random.pick([0n, size - 1n, size, size + 1n, 2n * size, -1n]);
    this.#space.execute('lookup', address);
  }

  #freeBlock() {
    const list = this.#someList();
    if (!list?.blocks.length) return this.#lookup();
    this.#space.change('free_block', list, this.#random.below(list.blocks.length));
  }
}
