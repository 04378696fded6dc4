/** Measures how well a policy serves a workload. */
import type { AllocatedBlocks } from '../../allocated-blocks';
import { toOptions, type Names } from '../../options';
import { RequestKind, type Workload } from '../workload/workload';
import { failedRequest, type FailedRequest } from './failed-request';
import { FreeRuns } from './free-runs';
import { toPolicy, type Policy, type PolicyOptions } from './policy';
import { PolicyRun, type BlocksObserver } from './policy-run';

/** A quantity over the whole workload. */
export interface Spread {
  readonly mean: number;
  readonly worst: number;
}

/** Results of one policy: failures, fragmentation and time. */
export interface PolicyMeasures {
  readonly policy: Policy;
  /** Allocations that were asked for, and those for which there was no space. */
  readonly allocations: number;
  readonly failures: number;
  readonly firstFailure: FailedRequest | undefined;
  /** The share of the space that was in use at the first failure. */
  readonly utilisation: number | undefined;
  /** Failures of the recording, and those of them for which there was space here. */
  readonly probes: number;
  readonly probesThatFit: number;
  /** The most bytes in use at a time, and the line that brought them there. */
  readonly peak: number;
  readonly peakLine: number | undefined;
  /** 1 minus the largest free block by all that is free; 0 where nothing is. */
  readonly blockFragmentation: Spread;
  /** 1 minus the longest run of free memory by all that is free. */
  readonly runFragmentation: Spread;
  /** Blocks, and pieces without a gap, that an allocation has on average. */
  readonly blocksPerList: number;
  readonly piecesPerList: number;
  /** Bytes that are never freed. */
  readonly bytesAtEnd: number;
  /** Seconds that the allocator took for all requests, without what it takes to measure. */
  readonly seconds: number;
}

/** How to measure. */
export interface MeasureOptions {
  /** Weigh means by the time until the next request, not by requests. */
  readonly byTime?: boolean | undefined;
  /** Called now and then with the requests that are served, of how many. */
  readonly onProgress?: ((done: number, whole: number) => void) | undefined;
}

const MEASURE_NAMES: Names<MeasureOptions> = { byTime: true, onProgress: true };

/** Requests between two reports of progress. */
const PROGRESS_STEP = 4096;

/**
 * Serves a workload twice by a policy: once for the time, once to look at the space after every request. An allocation that fails is
 * not there afterwards, and its free is none.
 *
 * @throws RangeError, TypeError as `toPolicy()`; RangeError if `byTime` is asked for and the recording has no times
 * @throws GpuBuddyError if no such allocator can be made
 */
export function measurePolicy(
  workload: Workload,
  given: PolicyOptions,
  options?: MeasureOptions,
): PolicyMeasures {
  const { byTime = false, onProgress } = toOptions('options', options, MEASURE_NAMES);
  const policy = toPolicy(workload, given);
  const whole = 2 * workload.length;
  const seconds = secondsOf(workload, policy, (done) => onProgress?.(done, whole));
  const weights = byTime ? durations(workload) : undefined;
  return new Measurement(workload, policy, weights).measure(seconds, (done) =>
    onProgress?.(workload.length + done, whole),
  );
}

function secondsOf(workload: Workload, policy: Policy, onProgress: (done: number) => void): number {
  using run = new PolicyRun(workload, policy);
  const start = performance.now();
  for (let index = 0; index < workload.length; index++) {
    run.serve(index);
    if (index % PROGRESS_STEP === 0) onProgress(index);
  }
  return (performance.now() - start) / 1000;
}

/** For each request, nanoseconds until the next one. */
function durations({ times, length }: Workload): Float64Array {
  const last = times[length - 1] ?? NaN;
  const result = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    // Some threads are a little late to write down what they have done.
    const duration = Math.max(0, (times[index + 1] ?? last) - (times[index] ?? NaN));
    if (Number.isNaN(duration))
      throw new RangeError('The recording has no times to weigh by: an operation lacks its time.');
    result[index] = duration;
  }
  return result;
}

/** A mean by weights, and the largest value. */
class WeightedMean {
  #sum = 0;
  #weight = 0;
  #worst = 0;

  add(value: number, weight: number): void {
    this.#sum += value * weight;
    this.#weight += weight;
    if (value > this.#worst) this.#worst = value;
  }

  get spread(): Spread {
    return { mean: this.#weight > 0 ? this.#sum / this.#weight : 0, worst: this.#worst };
  }
}

class Measurement implements BlocksObserver {
  readonly #workload: Workload;
  readonly #policy: Policy;
  readonly #weights: Float64Array | undefined;
  readonly #runs: FreeRuns;
  readonly #blockFragmentation = new WeightedMean();
  readonly #runFragmentation = new WeightedMean();
  #allocations = 0;
  #failures = 0;
  #firstFailure: FailedRequest | undefined;
  #utilisation: number | undefined;
  #probes = 0;
  #probesThatFit = 0;
  #peak = 0;
  #peakLine: number | undefined;
  #lists = 0;
  #blocks = 0;
  #pieces = 0;

  constructor(workload: Workload, policy: Policy, weights: Float64Array | undefined) {
    this.#workload = workload;
    this.#policy = policy;
    this.#weights = weights;
    this.#runs = new FreeRuns(policy.size / policy.chunkSize);
  }

  measure(seconds: number, onProgress: (done: number) => void): PolicyMeasures {
    using run = new PolicyRun(this.#workload, this.#policy, this);
    for (let index = 0; index < this.#workload.length; index++) {
      this.#serve(run, index);
      if (index % PROGRESS_STEP === 0) onProgress(index);
    }
    const { size, avail } = run.buddy;
    return {
      policy: this.#policy,
      allocations: this.#allocations,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      utilisation: this.#utilisation,
      probes: this.#probes,
      probesThatFit: this.#probesThatFit,
      peak: this.#peak,
      peakLine: this.#peakLine,
      blockFragmentation: this.#blockFragmentation.spread,
      runFragmentation: this.#runFragmentation.spread,
      blocksPerList: this.#lists > 0 ? this.#blocks / this.#lists : 0,
      piecesPerList: this.#lists > 0 ? this.#pieces / this.#lists : 0,
      bytesAtEnd: size - avail,
      seconds,
    };
  }

  allocated(blocks: AllocatedBlocks): void {
    let end = -1;
    for (const { offset, order, size } of blocks) {
      if (offset !== end) this.#pieces++;
      end = offset + size;
      this.#runs.set(offset / this.#policy.chunkSize, order, false);
    }
    this.#blocks += blocks.length;
    this.#lists++;
  }

  freed(blocks: AllocatedBlocks): void {
    this.#mark(blocks, true);
  }

  kept(blocks: AllocatedBlocks): void {
    this.#mark(blocks, false);
  }

  #mark(blocks: AllocatedBlocks, isFree: boolean): void {
    for (const { offset, order } of blocks) this.#runs.set(offset / this.#policy.chunkSize, order, isFree);
  }

  #serve(run: PolicyRun, index: number): void {
    const kind = this.#workload.kinds[index];
    const outcome = run.serve(index);
    if (kind === RequestKind.PROBE) {
      this.#probes++;
      if (outcome === 'done') this.#probesThatFit++;
    } else {
      if (kind === RequestKind.ALLOC || kind === RequestKind.GROW) this.#allocations++;
      if (outcome === 'failed') this.#fail(run, index);
    }
    this.#look(run, index);
  }

  #fail(run: PolicyRun, index: number): void {
    this.#failures++;
    if (this.#firstFailure) return;
    this.#firstFailure = failedRequest(this.#workload, run, index, this.#longestRun);
    this.#utilisation = 1 - run.buddy.avail / run.buddy.size;
  }

  #look({ buddy }: PolicyRun, index: number): void {
    const { size, avail, largestFree } = buddy;
    if (size - avail > this.#peak) {
      this.#peak = size - avail;
      this.#peakLine = this.#workload.lines[index];
    }
    const weight = this.#weights ? (this.#weights[index] ?? 0) : 1;
    this.#blockFragmentation.add(avail > 0 ? 1 - largestFree / avail : 0, weight);
    this.#runFragmentation.add(avail > 0 ? 1 - this.#longestRun / avail : 0, weight);
  }

  get #longestRun(): number {
    return this.#runs.longest * this.#policy.chunkSize;
  }
}
