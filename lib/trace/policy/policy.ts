/** A policy under which a workload is served: which space, and how it is asked for memory. */
import { toBytes } from '../../arguments';
import { invalidArgType, outOfRange } from '../../errors';
import { toOptions, type Names } from '../../options';
import { PLACEMENTS, type Placement } from './placements';
import { roundUp, type Workload } from '../workload/workload';

/** Options of a policy. Sizes are bytes. */
export interface PolicyOptions {
  /** Default: `simple`. */
  readonly mode?: Placement | undefined;
  /** Default: the recorded size of the space. Rounded down to chunks. */
  readonly size?: number | undefined;
  /** Default: that of the recording. Sizes are rounded up to it. */
  readonly chunkSize?: number | undefined;
  /** The smallest block, and the alignment, of every allocation. Default: as recorded, or the chunk size. */
  readonly minBlockSize?: number | undefined;
}

/** A policy in full. */
export interface Policy {
  readonly mode: Placement;
  readonly size: number;
  readonly chunkSize: number;
  /** `undefined`: as recorded. */
  readonly minBlockSize: number | undefined;
}

export const POLICY_NAMES: Names<PolicyOptions> = {
  mode: true,
  size: true,
  chunkSize: true,
  minBlockSize: true,
};

/**
 * Fills in what an option leaves out.
 *
 * @throws RangeError `ERR_OUT_OF_RANGE` if a size is none that an allocator can have, or none is known
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`
 */
export function toPolicy(workload: Workload, given: PolicyOptions = {}): Policy {
  const options = toOptions('policy', given, POLICY_NAMES);
  const { mode = 'simple' } = options;
  if (!PLACEMENTS.includes(mode))
    throw invalidArgType('policy.mode', `one of ${PLACEMENTS.join(', ')}`, mode);
  const chunkSize = toUnit('policy.chunkSize', options.chunkSize ?? workload.chunkSize);
  const size = toSafe('policy.size', options.size ?? workload.recorded.size);
  if (size < chunkSize) throw outOfRange('policy.size', `at least the chunk size, ${chunkSize}`, size);
  const minBlockSize =
    options.minBlockSize === undefined ? undefined : toUnit('policy.minBlockSize', options.minBlockSize);
  if (minBlockSize !== undefined && minBlockSize < chunkSize)
    throw outOfRange('policy.minBlockSize', `at least the chunk size, ${chunkSize}`, minBlockSize);
  return { mode, size: size - (size % chunkSize), chunkSize, minBlockSize };
}

/** Bytes of the smallest block of a request. */
export function minBlockSizeOf({ minBlockSize, chunkSize }: Policy, recorded: number): number {
  return minBlockSize ?? Math.max(chunkSize, recorded);
}

export function isContiguous({ mode }: Policy): boolean {
  return mode.startsWith('contiguous');
}

/** Whether a workload can be served wherever as much is free: nothing but whole chunks is asked for, in pieces. */
export function isExact(policy: Policy, { alignments }: Workload): boolean {
  if (isContiguous(policy)) return false;
  return policy.minBlockSize === undefined
    ? alignments.every((bytes) => bytes <= policy.chunkSize)
    : policy.minBlockSize === policy.chunkSize;
}

export function inChunks(size: number, { chunkSize }: Policy): number {
  return roundUp(size, chunkSize);
}

function toSafe(argument: string, value: unknown): number {
  if (value === undefined) throw invalidArgType(argument, 'given: the recording does not know it', value);
  const bytes = toBytes(argument, value);
  if (typeof bytes === 'bigint') throw outOfRange(argument, 'at most 2^53 - 1', bytes);
  return bytes;
}

function toUnit(argument: string, value: unknown): number {
  const bytes = toSafe(argument, value);
  if (bytes === 0 || !Number.isInteger(Math.log2(bytes))) throw outOfRange(argument, 'a power of two', bytes);
  return bytes;
}
