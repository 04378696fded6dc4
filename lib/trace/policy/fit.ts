/** Looks for a small space that a workload fits in. */
import { setImmediate } from 'node:timers/promises';
import { outOfRange } from '../../errors';
import { toOptions, type Names } from '../../options';
import type { WaitSignal } from '../../wait-signal';
import { firstThatFits } from '../fit-threads';
import { peakOf, roundUp, type Workload } from '../workload/workload';
import { isExact, toPolicy, type Policy, type PolicyOptions } from './policy';
import { tryPolicy, type TriedSize } from './try-size';

/** How to look. Sizes are bytes. */
export interface FitOptions extends Omit<PolicyOptions, 'size'> {
  /** Try all sizes from the lower bound on, `step` apart, until one fits. Default: false. */
  readonly exhaustive?: boolean | undefined;
  /** Bytes between sizes that are tried, rounded up to chunks. Default: a 256th of the lower bound. */
  readonly step?: number | undefined;
  /** Threads that try all sizes. Default: one a processor. */
  readonly threads?: number | undefined;
  /** Called after each size that was tried, with how many were, and how many there are; 0 where nobody knows. */
  readonly onProgress?: ((done: number, whole: number) => void) | undefined;
  /** Ends the search between two sizes. */
  readonly signal?: WaitSignal | undefined;
}

/** The size that fits, and how it was found. */
export interface Fit {
  /** The policy, in a space of the size that fits. */
  readonly policy: Policy;
  /** Bytes in use at the peak, with sizes rounded up to chunks, and its line: nothing below can fit. */
  readonly lowerBound: number;
  readonly lowerBoundLine: number;
  /** A size that fits. */
  readonly size: number;
  /**
   * Why no smaller size fits: it is the lower bound; or all sizes below, `step` apart, were tried. `undefined` where nobody knows:
   * that a size fits says nothing about smaller ones, nor about larger ones.
   */
  readonly smallest: 'lower-bound' | 'exhaustive' | undefined;
  readonly step: number;
  /** The sizes that were tried, in ascending order. Empty where the lower bound is the answer without a trial. */
  readonly tried: readonly TriedSize[];
}

const FIT_NAMES: Names<FitOptions> = {
  mode: true,
  chunkSize: true,
  minBlockSize: true,
  exhaustive: true,
  step: true,
  threads: true,
  onProgress: true,
  signal: true,
};

/** Sizes to try by default, between nothing and the lower bound. */
const STEPS = 256;

/**
 * Looks for a space that all allocations of a workload fit in.
 *
 * In pieces, where the smallest block is a chunk, the answer is the lower bound. Otherwise larger spaces are tried until one fits, and
 * then sizes between that and the last one that does not. A size that fits so is not known to be the smallest one, unless all are
 * tried (`exhaustive`).
 *
 * @throws as `measurePolicy()`; RangeError if no space of less than 2^53 bytes is large enough
 * @throws the signal's `reason`
 */
export async function fitWorkload(workload: Workload, given: FitOptions = {}): Promise<Fit> {
  const options = toOptions('options', given, FIT_NAMES);
  const { mode, chunkSize, minBlockSize, exhaustive = false } = options;
  const unit = chunkSize ?? workload.chunkSize;
  const peak = peakOf(workload, unit);
  const policy = toPolicy(workload, { mode, chunkSize, minBlockSize, size: Math.max(peak.bytes, unit) });
  const lowerBound = policy.size;
  const step = stepOf(policy, options.step);
  const found = { lowerBound, lowerBoundLine: workload.lines[peak.index] ?? 0, step };
  if (isExact(policy, workload))
    return { policy, ...found, size: lowerBound, smallest: 'lower-bound', tried: [] };

  const search = new Search(workload, policy, options);
  let size = await search.some(lowerBound, step);
  if (exhaustive && size > lowerBound) size = await search.first(lowerBound, size, step);
  return {
    policy: { ...policy, size },
    ...found,
    size,
    smallest: size === lowerBound ? 'lower-bound' : exhaustive ? 'exhaustive' : undefined,
    tried: search.tried,
  };
}

function stepOf({ size, chunkSize }: Policy, given: number | undefined): number {
  const step = given ?? Math.ceil(size / STEPS);
  if (!(step > 0) || !Number.isSafeInteger(step)) throw outOfRange('options.step', 'a size above 0', step);
  return roundUp(step, chunkSize);
}

class Search {
  readonly #workload: Workload;
  readonly #policy: Policy;
  readonly #options: FitOptions;
  #whole = 0;
  readonly #tried = new Map<number, TriedSize>();

  constructor(workload: Workload, policy: Policy, options: FitOptions) {
    this.#workload = workload;
    this.#policy = policy;
    this.#options = options;
  }

  get tried(): TriedSize[] {
    return [...this.#tried.values()].sort((a, b) => a.size - b.size);
  }

  /** A size that fits, of which the one a step below does not, or which is the lower bound. */
  async some(lowerBound: number, step: number): Promise<number> {
    if (await this.#fits(lowerBound)) return lowerBound;
    let [below, above] = [0, 1];
    while (!(await this.#fits(lowerBound + above * step))) [below, above] = [above, 2 * above];
    while (above - below > 1) {
      const middle = Math.floor((below + above) / 2);
      if (await this.#fits(lowerBound + middle * step)) above = middle;
      else below = middle;
    }
    return lowerBound + above * step;
  }

  /** The smallest size that fits, of those that are whole steps above the lower bound, up to one that is known to fit. */
  async first(lowerBound: number, known: number, step: number): Promise<number> {
    const sizes: number[] = [];
    for (let size = lowerBound; size < known; size += step) if (!this.#tried.has(size)) sizes.push(size);
    const { threads, signal } = this.#options;
    this.#whole = this.#tried.size + sizes.length;
    const size = await firstThatFits(this.#workload, this.#policy, sizes, {
      threads,
      signal,
      onTried: (tried) => {
        this.#add(tried);
      },
    });
    return size ?? known;
  }

  async #fits(size: number): Promise<boolean> {
    const known = this.#tried.get(size);
    if (known) return known.failure === undefined;
    // Lets a signal be heard.
    await setImmediate();
    this.#options.signal?.throwIfAborted();
    const policy = toPolicy(this.#workload, { ...this.#policy, size });
    const tried = { size, failure: tryPolicy(this.#workload, policy) };
    this.#add(tried);
    return tried.failure === undefined;
  }

  #add(tried: TriedSize): void {
    this.#tried.set(tried.size, tried);
    this.#options.onProgress?.(this.#tried.size, this.#whole);
  }
}
