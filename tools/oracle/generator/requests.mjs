// Makes up the arguments of one allocation, of each kind that the kernel tells apart. Aims at what the space holds.

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./space.mjs').Space} Space */
/** @typedef {{ start: bigint, end: bigint, size: bigint, min: bigint, flags: number }} Request */
/** @typedef {(space: Space, random: Random) => Request} MakeRequest */

export const RANGE = 0x1;
export const TOP_DOWN = 0x2;
export const CONTIGUOUS = 0x4;
export const CLEAR = 0x8;
export const TRIM_DISABLE = 0x20;

/** The most chunks of a request: the kernel loses the upper half of a larger number (docs/internals/hazards.md, H1), the library does not. */
const MOST_CHUNKS = 1n << 31n;

/** @type {Record<string, (space: Space, random: Random) => bigint>} */
const chunkCounts = {
  small: (_, random) => BigInt(1 + random.below(16)),
  power: ({ size, chunk }, random) => 1n << BigInt(random.below((size / chunk).toString(2).length)),
  any: ({ size, chunk }, random) => random.magnitude(size / chunk),
  large: ({ size, chunk }, random) => size / chunk / BigInt(1 + random.below(8)) - BigInt(random.below(4)),
  // Around the largest free block: from half of it to twice its size.
  fit: ({ largestFree, chunk }, random) => {
    const free = largestFree / chunk;
    return random.chance(0.2) ? free : free / 2n + random.bigBelow((free * 3n) / 2n) + 1n;
  },
  avail: ({ avail, chunk }, random) => avail / chunk + BigInt(random.below(3) - 1),
};

/** @param {bigint} value @param {bigint} low @param {bigint} high */
function clamp(value, low, high) {
  return value < low ? low : value > high ? high : value;
}

/** @param {Space} space @param {Random} random @param {Record<string, number>} styles weights of `chunkCounts` */
function sizeOf(space, random, styles) {
  const most = clamp(space.size / space.chunk, 1n, MOST_CHUNKS);
  return space.chunk * clamp(chunkCounts[random.weighted(styles)](space, random), 1n, most);
}

/** @param {Space} space @param {Random} random */
function minOf({ chunk }, random) {
  return chunk << BigInt(random.geometric(0.55, 12));
}

/** Draws the start of a range: anywhere, or at a block. @param {Space} space @param {Random} random */
function placeIn({ size, chunk, lists, freed }, random) {
  const aim = random.below(4);
  if (aim === 0 && freed.length > 0) return random.pick(freed).offset;
  const list = aim === 1 && lists.length > 0 ? random.pick(lists) : undefined;
  if (list && list.blocks.length > 0) return random.pick(list.blocks).offset;
  return chunk * random.bigBelow(size / chunk);
}

const SIZES = { small: 3, power: 2, any: 3, large: 0.3 };

/** @satisfies {Record<string, MakeRequest>} */
export const requestKinds = {
  simple(space, random) {
    const size = sizeOf(space, random, SIZES);
    const end = random.chance(0.92) ? space.size : random.chance(0.5) ? 0n : placeIn(space, random);
    return { start: 0n, end, size, min: minOf(space, random), flags: 0 };
  },

  topDown(space, random) {
    return { ...requestKinds.simple(space, random), flags: TOP_DOWN };
  },

  range(space, random) {
    const start = placeIn(space, random);
    const left = (space.size - start) / space.chunk;
    const length = random.chance(0.2) ? left : random.magnitude(left);
    const most = clamp(random.chance(0.9) ? length : 2n * length, 1n, MOST_CHUNKS);
    const chunks = random.chance(0.3) ? BigInt(1 + random.below(4)) : random.magnitude(most);
    const end = start + length * space.chunk;
    const size = space.chunk * clamp(chunks, 1n, most);
    return { start, end, size, min: minOf(space, random), flags: RANGE };
  },

  /** start + size is end: the kernel takes just this range, or nothing. */
  exactRange(space, random) {
    const start = placeIn(space, random);
    const left = (space.size - start) / space.chunk;
    const near = random.chance(0.6) && left > 64n ? 64n : left;
    const end = start + space.chunk * clamp(random.magnitude(near), 1n, MOST_CHUNKS);
    // The largest power of two that divides both.
    const alignment = (start | end) & -(start | end);
    const aligned = clamp(alignment, space.chunk, space.chunk * MOST_CHUNKS);
    const min = random.chance(0.85)
      ? random.pick([space.chunk, aligned])
      : space.chunk << BigInt(random.below(8));
    return { start, end, size: end - start, min, flags: random.pick([0, RANGE, RANGE, random.below(64)]) };
  },

  contiguous(space, random) {
    const size = sizeOf(space, random, { ...SIZES, fit: 2 });
    return { start: 0n, end: space.size, size, min: minOf(space, random), flags: CONTIGUOUS };
  },

  contiguousRange(space, random) {
    return { ...requestKinds.range(space, random), flags: RANGE | CONTIGUOUS };
  },

  /** More than the largest free block rounds to: neighbours must be put together. */
  tryHarder(space, random) {
    const size = sizeOf(space, random, { fit: 8, large: 1, avail: 1 });
    const min = random.chance(0.7) ? space.chunk : minOf(space, random);
    return { start: 0n, end: space.size, size, min, flags: CONTIGUOUS };
  },

  /** A small block that lies on a large boundary. */
  offsetAligned(space, random) {
    const size = sizeOf(space, random, { power: 5, small: 3, any: 1 });
    const shift = BigInt(random.geometric(0.3, 10));
    const above = 1n << (BigInt(size.toString(2).length) + shift);
    // Another size than a power of two is rounded up to `min`.
    return { ...requestKinds.simple(space, random), size, min: clamp(above, 0n, space.chunk * MOST_CHUNKS) };
  },

  /** As much as the space can hold, or a little less or more. */
  greedy(space, random) {
    const size = sizeOf(space, random, { avail: 3, fit: 3, large: 2 });
    const min = random.chance(0.8) ? space.chunk : minOf(space, random);
    return { start: 0n, end: space.size, size, min, flags: 0 };
  },

  /** Otherwise good arguments with one that is not. */
  invalid(space, random) {
    const { simple, range, contiguous, exactRange } = requestKinds;
    const request = random.pick([simple, range, contiguous, exactRange])(space, random);
    const { start, end, size, min } = request;
    const { chunk } = space;
    const max = (1n << 64n) - 1n;
    const odd = /** @type {Partial<Request>[]} */ ([
      ...[0n, 1n, chunk / 2n, size + 1n, size - 1n, space.size + chunk].map((size) => ({ size })),
      ...[max, max - chunk + 1n, 1n << 63n].map((size) => ({ size })),
      ...[0n, 1n, chunk / 2n, 3n * chunk, min + 1n, max, 1n << 63n].map((min) => ({ min })),
      ...[start + 1n, end + chunk, max - chunk + 1n, space.size, max].map((start) => ({ start })),
      ...[end + 1n, space.size + chunk, start, 0n, max - chunk + 1n].map((end) => ({ end })),
      { start: end, end: start, flags: RANGE },
      { end: 0n, flags: RANGE },
      { flags: request.flags | (0x40 << random.below(8)) },
      { flags: request.flags | 0x10 },
    ]);
    return { ...request, ...random.pick(odd) };
  },
};
