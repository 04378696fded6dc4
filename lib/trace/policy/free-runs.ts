/**
 * Knows the longest run of free memory at every moment. A tree over the addresses, with a node only where a region is partly free: a
 * block taken or given back changes the regions that it lies in, one of each order.
 */

/** A region that is free throughout, or not at all, has no node of its own. */
const FREE = 0;
const USED = 1;

/** Sizes are in chunks. */
export class FreeRuns {
  /** The whole space is one region of this order, with what lies behind its end marked as used. */
  readonly #order: number;
  #root = FREE;
  readonly #left: number[] = [USED, USED];
  readonly #right: number[] = [USED, USED];
  /** Free chunks at the start of each node's region, at its end, and the most in a row within. */
  readonly #first: number[] = [0, 0];
  readonly #last: number[] = [0, 0];
  readonly #longest: number[] = [0, 0];
  readonly #spare: number[] = [];

  constructor(chunks: number) {
    this.#order = Math.ceil(Math.log2(chunks));
    // Aligned blocks cover what lies behind the end.
    for (let start = chunks; start < 2 ** this.#order;) {
      let order = 0;
      while (start % 2 ** (order + 1) === 0 && start + 2 ** (order + 1) <= 2 ** this.#order) order++;
      this.set(start, order, false);
      start += 2 ** order;
    }
  }

  /** Chunks of the longest run. */
  get longest(): number {
    return this.#longestOf(this.#root, 2 ** this.#order);
  }

  /** Marks a block, which starts on a multiple of its own size. */
  set(start: number, order: number, isFree: boolean): void {
    this.#root = this.#marked(this.#root, this.#order, start, order, isFree ? FREE : USED);
  }

  /** The node of a region after a block in it was marked. */
  #marked(node: number, order: number, start: number, blockOrder: number, mark: number): number {
    if (order === blockOrder) {
      this.#release(node);
      return mark;
    }
    const half = 2 ** (order - 1);
    let left = node <= USED ? node : (this.#left[node] ?? USED);
    let right = node <= USED ? node : (this.#right[node] ?? USED);
    if (start < half) left = this.#marked(left, order - 1, start, blockOrder, mark);
    else right = this.#marked(right, order - 1, start - half, blockOrder, mark);
    if (left === right && left <= USED) {
      if (node > USED) this.#spare.push(node);
      return left;
    }
    const mixed = node > USED ? node : (this.#spare.pop() ?? this.#left.length);
    this.#left[mixed] = left;
    this.#right[mixed] = right;
    this.#measure(mixed, left, right, half);
    return mixed;
  }

  #measure(node: number, left: number, right: number, half: number): void {
    const leftLast = left === FREE ? half : (this.#last[left] ?? 0);
    const rightFirst = right === FREE ? half : (this.#first[right] ?? 0);
    this.#first[node] = left === FREE ? half + rightFirst : (this.#first[left] ?? 0);
    this.#last[node] = right === FREE ? half + leftLast : (this.#last[right] ?? 0);
    this.#longest[node] = Math.max(
      this.#longestOf(left, half),
      this.#longestOf(right, half),
      leftLast + rightFirst,
    );
  }

  #longestOf(node: number, size: number): number {
    return node === FREE ? size : (this.#longest[node] ?? 0);
  }

  /** Gives back the node of a region, and those within. */
  #release(node: number): void {
    if (node <= USED) return;
    this.#release(this.#left[node] ?? USED);
    this.#release(this.#right[node] ?? USED);
    this.#spare.push(node);
  }
}
