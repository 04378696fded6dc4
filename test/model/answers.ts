/** Answers to questions about bytes, from chunks. All addresses here count from the start of the space. */
import { roundUpBytes, type ChunkRange } from './chunk-set';
import type { Span } from './space';

function bytesOf({ first, end }: ChunkRange, chunkSize: bigint): Span {
  return { start: BigInt(first) * chunkSize, end: BigInt(end) * chunkSize };
}

function cut(a: Span, b: Span): Span {
  return { start: a.start > b.start ? a.start : b.start, end: a.end < b.end ? a.end : b.end };
}

/** Counts the bytes of some chunks that lie in a span, which may cut them. */
export function bytesIn(chunks: readonly ChunkRange[], chunkSize: bigint, span: Span): bigint {
  return chunks
    .map((range) => cut(bytesOf(range, chunkSize), span))
    .reduce((sum, { start, end }) => (start < end ? sum + end - start : sum), 0n);
}

export interface Search {
  readonly size: bigint;
  readonly alignment: bigint;
  readonly span: Span;
}

/** Finds the lowest aligned address from which on `size` bytes lie within one of the runs, which ascend, and within the span. */
export function lowestAddress(
  runs: readonly ChunkRange[],
  chunkSize: bigint,
  { size, alignment, span }: Search,
): bigint | undefined {
  const unit = alignment > chunkSize ? alignment : chunkSize;
  return runs
    .map((run) => cut(bytesOf(run, chunkSize), span))
    .map(({ start, end }) => ({ start: roundUpBytes(start, unit), end }))
    .find(({ start, end }) => start + size <= end)?.start;
}
