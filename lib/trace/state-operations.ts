/** From a saved state to the operations that make it. Addresses count from the start of the space. */
import type { GpuBuddyState } from '../saved-state';
import type { Bytes } from '../native';
import type { BuddyClaimOperation, BuddyClearOperation, TraceBlock, TraceOperation } from './operation';
import { HEADER, VERSION } from './operation-forms';

/** So many free blocks of the state stand in one line. */
const BLOCKS_OF_A_LINE = 256;

/** Gives an operation for each list, in their order. */
export function* claimsOf(
  { chunkSize, lists, blocks }: GpuBuddyState,
  idOf: (head: Bytes) => number,
  accountOf: (list: number) => number | undefined,
): Generator<BuddyClaimOperation> {
  const unit = Number(chunkSize);
  for (let list = 0, row = 0; list < lists.counts.length; list++) {
    const claimed: TraceBlock[] = [];
    for (const end = row + (lists.counts[list] ?? 0); row < end; row++)
      claimed.push({
        offset: (blocks.offsets[row] ?? 0) * unit,
        order: blocks.orders[row] ?? 0,
        isClear: blocks.clear[row] === 1,
      });
    yield {
      kind: 'buddy.claim',
      id: idOf(claimed[0]?.offset ?? 0),
      blocks: claimed,
      tag: lists.tags[list] === 0 ? undefined : lists.tags[list],
      account: accountOf(list),
    };
  }
}

/** Gives the operations for the free blocks that are clear. */
export function* clearsOf({ chunkSize, free }: GpuBuddyState): Generator<BuddyClearOperation> {
  for (let row = 0; row < free.offsets.length; row += BLOCKS_OF_A_LINE)
    yield {
      kind: 'buddy.clear',
      blocks: free.offsets.slice(row, row + BLOCKS_OF_A_LINE).map((chunk, index) => ({
        offset: chunk * Number(chunkSize),
        order: free.orders[row + index] ?? 0,
      })),
    };
}

/** Gives the trace of a state alone. The label of a list is its tag, if it has one. */
export function* operationsOf(state: GpuBuddyState): Generator<TraceOperation> {
  yield { kind: HEADER, version: VERSION, kernel: state.kernel, source: 'save' };
  const [size, chunkSize, baseOffset] = [state.size, state.chunkSize, state.baseOffset].map(BigInt);
  yield { kind: 'buddy.new', size, chunkSize: chunkSize ?? 1n, baseOffset };
  let next = 0;
  for (const claim of claimsOf(
    state,
    () => next++,
    () => undefined,
  ))
    yield { ...claim, label: claim.tag === undefined ? undefined : `tag ${String(claim.tag)}` };
  yield* clearsOf(state);
  yield { kind: 'begin' };
}
