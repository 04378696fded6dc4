/** Says why an operation was refused, from what was asked for and what was free. */
import { RequestFlag } from '../../trace/effects/frame';
import { bytesText } from '../../trace/number-text';
import type { Failure } from '../analysis';

const OTHERS: ReadonlyMap<string, string> = new Map([
  ['EINVAL', 'the kernel rejects the arguments'],
  ['ENOMEM', 'no memory was left for the bookkeeping of blocks'],
  ['ENXIO', 'the address is outside the space'],
]);

export function failureReason({ failure, free, longestRun }: Failure, code: string): string {
  if (code !== 'ENOSPC') return OTHERS.get(code) ?? 'the library refuses it';
  const { size, minBlockSize, flags, rangeStart, rangeEnd } = failure;
  const has = (flag: number) => (flags & flag) !== 0;
  if (size > free) return `full: ${bytesText(free)} free`;
  if (has(RequestFlag.RANGE))
    return `range: no space from 0x${rangeStart.toString(16)} to 0x${rangeEnd.toString(16)}; ${bytesText(free)} free in all`;
  if (size > longestRun && has(RequestFlag.CONTIGUOUS))
    return `fragmented: ${bytesText(free)} free, in runs of at most ${bytesText(longestRun)}`;
  const blocks = minBlockSize > 0 ? `blocks of ${bytesText(minBlockSize)} or more` : 'blocks that fit';
  return `fragmented: ${bytesText(free)} free, not in ${blocks}; longest run ${bytesText(longestRun)}`;
}
