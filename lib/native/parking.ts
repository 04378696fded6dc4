/** Calls on lists that wait for a new owner: see native/buddy/parking.h. */
import { calls, layout } from './addon';
import { integers, numbers, put, putHandle, result, seal, status, token, UNANSWERED } from './mailbox';
import { OK } from './constants';
import type { Handle, Token } from './values';

const { status: STATUS } = layout;
const { parkedCells: CELLS, parkedTicket: TICKET, parkedAccount: ACCOUNT } = layout;
const { parkedTag: TAG, parkedBytes: BYTES } = layout;

/** Gives the numbers that will stand for a list when it is parked; or the status. */
export function prepareParking(
  blocks: Handle,
): { readonly allocator: Token; readonly ticket: Token } | number {
  putHandle(blocks);
  seal();
  calls.prepareParking();
  return status() === OK ? { allocator: token(0), ticket: token(2) } : status();
}

/**
 * Leaves a list with its allocator for whoever has the ticket that was given last, and the guard empty.
 *
 * @param keeps whether it stays when this environment ends, and keeps the allocator
 */
export function park(blocks: Handle, keeps: boolean): number {
  putHandle(blocks);
  numbers[2] = keeps ? 1 : 0;
  seal();
  calls.park();
  // Calls no function of ours, which could be stopped: the token of a parked list would be lost.
  return integers[STATUS] ?? UNANSWERED;
}

/** Takes up a parked list, which has a tag (`reportedTag()`), into a guard. */
export function adopt(allocator: Handle, slot: number, ticket: Token): number {
  putHandle(allocator);
  numbers[2] = slot;
  seal(put(3, ticket[0]) | put(4, ticket[1]));
  calls.adopt();
  return status();
}

/** Frees a parked list of the allocator with this number. */
export function revoke(allocator: Token, ticket: Token): number {
  seal(put(0, allocator[0]) | put(1, allocator[1]) | put(2, ticket[0]) | put(3, ticket[1]));
  calls.revoke();
  return status();
}

/** Bytes that the last call of revoke has freed. */
export function revokedBytes(): number {
  return result(0);
}

/** A parked list that stays when its environment ends. */
export interface ParkedRow {
  readonly ticket: Token;
  readonly tag: number;
  readonly bytes: bigint;
  /** The number of its account, for other environments. */
  readonly account: Token | undefined;
}

/** Describes these lists, in no particular order; or gives the status. */
export function parked(allocator: Handle): ParkedRow[] | number {
  for (let capacity = 0; ;) {
    const cells = new BigUint64Array(CELLS * capacity);
    putHandle(allocator);
    seal();
    calls.parked(cells);
    if (status() !== OK) return status();
    const count = result(0);
    if (count <= capacity) return Array.from({ length: count }, (_, row) => rowOf(cells, CELLS * row));
    // Other threads park more meanwhile: from the second time on there is room to spare for them.
    capacity += count;
  }
}

function rowOf(cells: BigUint64Array, first: number): ParkedRow {
  const cell = (place: number): bigint => cells[first + place] ?? 0n;
  const account = [cell(ACCOUNT), cell(ACCOUNT + 1)] as const;
  return {
    ticket: [cell(TICKET), cell(TICKET + 1)],
    tag: Number(cell(TAG)),
    bytes: cell(BYTES),
    account: account[0] === 0n && account[1] === 0n ? undefined : account,
  };
}
