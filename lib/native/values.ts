/** The kinds of values that cross the border to the addon. */

/** A byte count or an address: a safe integer from 0 on, or a bigint below 2^64. */
export type Bytes = number | bigint;

/** Names an allocator, an account, or the list in a guard, in this environment. */
export interface Handle {
  readonly slot: number;
  readonly generation: number;
}

/** A column of byte counts or addresses. */
export type NumberColumn = Float64Array | BigUint64Array;

/** Describes many blocks, a column for each property. */
export interface Columns<Offsets extends NumberColumn = Float64Array> {
  readonly offsets: Offsets;
  readonly orders: Uint8Array;
  /** `STATE_` bits. */
  readonly states: Uint8Array;
  readonly tags: Float64Array;
}

/** Bit of `BlockTable.states`: the block is allocated. */
export const STATE_ALLOCATED = 1;
/** Bit of `BlockTable.states`: the block is known to be zero, or was when it was allocated. */
export const STATE_CLEAR = 2;

/** An allocation's arguments without its size. Immutable. */
export interface Request {
  readonly minBlockSize: Bytes;
  readonly flags: number;
  /** Relative to the start of the space. */
  readonly start: Bytes;
  readonly end: Bytes;
  readonly tag: number;
  /** The account that is charged. */
  readonly account: Handle | undefined;
  /** Whether `shortage` tells what was free where an allocation finds no space. Means nothing in a batch. */
  readonly explains: boolean;
}

/** Relative to the start of the space. */
export interface Range {
  readonly start: Bytes;
  readonly end: Bytes;
}

/** A number of 128 bits that nobody guesses. */
export type Token = readonly [bigint, bigint];

/** Places of blocks, whose offsets are in chunks. */
export interface Places {
  readonly chunks: Float64Array;
  readonly orders: Uint8Array;
}
