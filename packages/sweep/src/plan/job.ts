/** The jobs of a sweep: one trace under one policy each. A job is found by its number, so that a number is all that a queue holds. */
import { createHash } from 'node:crypto';
import type { Placement } from 'gpu-buddy/trace';
import { SweepError } from '../sweep-error.js';
import { byteText } from './byte-size.js';
import type { Measure } from './measures.js';
import type { Size, Sweep, SweptTrace } from './sweep.js';
import { RECORDED } from './words.js';

/** Decides what a line of results says. Sizes are bytes. */
export interface Job {
  readonly trace: SweptTrace;
  readonly kernel: string;
  readonly mode: Placement;
  readonly minBlockSize: number | typeof RECORDED;
  /** One, or, with `atFirstFit`, those to try. */
  readonly sizes: readonly Size[];
  readonly chunkSize: number | typeof RECORDED;
  readonly seed: number | typeof RECORDED;
  readonly window: number;
  readonly measures: readonly Measure[];
  readonly byTime: boolean;
}

/** The axes of a sweep, in the order in which results are sorted: the last one changes fastest. */
function axesOf({ traces, kernels, modes, minBlockSizes, sizes, seeds, atFirstFit }: Sweep) {
  const sizesOfJobs = atFirstFit ? [sizes] : sizes.map((size) => [size]);
  return [traces, kernels, modes, minBlockSizes, sizesOfJobs, seeds] as const;
}

export function jobCount(sweep: Sweep): number {
  return axesOf(sweep).reduce((product, { length }) => product * length, 1);
}

/** Gives a job by its number, from 0 on. @throws SweepError `ERR_SWEEP_JOB` where there is none of that number */
export function jobAt(sweep: Sweep, number: number): Job {
  if (!Number.isInteger(number) || number < 0 || number >= jobCount(sweep))
    throw new SweepError('ERR_SWEEP_JOB', `the sweep has no job ${number}`);
  let rest = number;
  const take = <T>(axis: readonly T[]): T => {
    const value = axis[rest % axis.length] as T;
    rest = Math.floor(rest / axis.length);
    return value;
  };
  const [traces, kernels, modes, minBlockSizes, sizesOfJobs, seeds] = axesOf(sweep);
  const seed = take(seeds);
  const sizes = take(sizesOfJobs);
  const minBlockSize = take(minBlockSizes);
  const mode = take(modes);
  const kernel = take(kernels);
  const trace = take(traces);
  const { chunkSize, window, measures, byTime } = sweep;
  return { trace, kernel, mode, minBlockSize, sizes, chunkSize, seed, window, measures, byTime };
}

/** Names a job by its content: 24 hexadecimal digits. */
export function keyOf(job: Job): string {
  return createHash('sha256').update(JSON.stringify(job)).digest('hex').slice(0, 24);
}

/** Gives the number of each job by its key. */
export function numbersByKey(sweep: Sweep): Map<string, number> {
  const count = jobCount(sweep);
  const numbers = new Map<string, number>();
  for (let number = 0; number < count; number++) numbers.set(keyOf(jobAt(sweep, number)), number);
  return numbers;
}

/** Describes a job in one line. */
export function jobText({ trace, kernel, mode, minBlockSize, sizes, seed }: Job): string {
  const text = (size: Size) => (typeof size === 'number' ? byteText(size) : size);
  const order = seed === RECORDED ? '' : `, shuffled by ${seed}`;
  return `${trace.name}: ${mode}, min block ${text(minBlockSize)}, size ${sizes.map(text).join(' or ')}${order}, Linux ${kernel}`;
}
