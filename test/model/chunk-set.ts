/** A set of chunks: ranges in ascending order that neither overlap nor touch. Slow, and so simple that it is right. */

/** The chunks from `first` to before `end`, counted from the start of the space. */
export interface ChunkRange {
  readonly first: number;
  readonly end: number;
}

export class ChunkSet {
  #ranges: ChunkRange[] = [];

  static of(...ranges: readonly ChunkRange[]): ChunkSet {
    const set = new ChunkSet();
    for (const range of ranges) set.add(range);
    return set;
  }

  get ranges(): readonly ChunkRange[] {
    return this.#ranges;
  }

  get size(): number {
    return this.#ranges.reduce((sum, { first, end }) => sum + end - first, 0);
  }

  copy(): ChunkSet {
    const set = new ChunkSet();
    set.#ranges = [...this.#ranges];
    return set;
  }

  add({ first, end }: ChunkRange): void {
    if (first >= end) return;
    const apart = this.#ranges.filter((range) => range.end < first || range.first > end);
    const joined = this.#ranges.filter((range) => range.end >= first && range.first <= end);
    const all = {
      first: Math.min(first, ...joined.map((range) => range.first)),
      end: Math.max(end, ...joined.map((range) => range.end)),
    };
    this.#ranges = [
      ...apart.filter((range) => range.end < first),
      all,
      ...apart.filter((range) => range.first > end),
    ];
  }

  remove({ first, end }: ChunkRange): void {
    this.#ranges = this.#ranges.flatMap((range) =>
      range.end <= first || range.first >= end
        ? [range]
        : [
            { first: range.first, end: first },
            { first: end, end: range.end },
          ].filter((rest) => rest.first < rest.end),
    );
  }

  /** Are all of these chunks in it? */
  hasAll({ first, end }: ChunkRange): boolean {
    return this.#ranges.some((range) => range.first <= first && range.end >= end);
  }

  /** Is one of these chunks in it? */
  hasAny({ first, end }: ChunkRange): boolean {
    return this.#ranges.some((range) => range.first < end && range.end > first);
  }

  without(other: ChunkSet): ChunkSet {
    const rest = this.copy();
    for (const range of other.#ranges) rest.remove(range);
    return rest;
  }

  /** As the fewest blocks: powers of two, each aligned to its own size. In ascending order. */
  blocks(): Block[] {
    return this.#ranges.flatMap(blocksOf);
  }
}

/** `count` is a power of two, and `first` a multiple of it. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

export function rangeOf({ first, count }: Block): ChunkRange {
  return { first, end: first + count };
}

/** A range as the fewest blocks, in ascending order. */
export function blocksOf({ first, end }: ChunkRange): Block[] {
  const blocks: Block[] = [];
  for (let next = first; next < end;) {
    let count = 1;
    while (next % (2 * count) === 0 && next + 2 * count <= end) count *= 2;
    blocks.push({ first: next, count });
    next += count;
  }
  return blocks;
}

export function intersection(a: ChunkRange, b: ChunkRange): ChunkRange {
  return { first: Math.max(a.first, b.first), end: Math.min(a.end, b.end) };
}

export function roundUp(count: number, unit: number): number {
  return Math.ceil(count / unit) * unit;
}

export function roundDown(count: number, unit: number): number {
  return Math.floor(count / unit) * unit;
}

/** Rounds bytes up. */
export function roundUpBytes(bytes: bigint, unit: bigint): bigint {
  return ((bytes + unit - 1n) / unit) * unit;
}

export function powerOfTwoFrom(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}

export function powerOfTwoUpTo(count: number): number {
  let power = 1;
  while (2 * power <= count) power *= 2;
  return power;
}

export function isPowerOfTwo(count: number): boolean {
  return powerOfTwoFrom(count) === count;
}
