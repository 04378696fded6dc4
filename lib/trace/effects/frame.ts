/**
 * The encoding of effects: what the operations of a trace do to the blocks of its allocators. A frame holds the effects of some steps, column by column,
 * which compresses well; a frame counts on from the ones before it. Knows no operations; runs in browsers too.
 */
import { ByteReader, ByteWriter } from './bytes';

const VERSION = 1;

/** Kinds of steps. Operations without an effect (lookups, accounts, comments) are no steps. */
export const StepKind = {
  /** A space begins. */
  SPACE: 0,
  /** A new list is allocated or claimed. */
  ALLOC: 1,
  /** A list is freed or undone. */
  FREE: 2,
  /** Blocks of a list are trimmed, freed or added. */
  CHANGE: 3,
  /** The blocks of one list move to another. */
  APPEND: 4,
  /** Free memory changes between clear and dirty. */
  CLEAR: 5,
  /** An operation is refused: one failure each. */
  FAILURE: 6,
  /** The starting state is complete. */
  BEGIN: 7,
  /** Operations are missing from here on. */
  GAP: 8,
  /** The kernel's code met a BUG. */
  POISONED: 9,
  /** A space ends. */
  END: 10,
} as const;

export type StepKind = (typeof StepKind)[keyof typeof StepKind];

/** The columns of a frame, in their order. A column of zeros alone is left out. */
const COLUMNS = [
  /** New texts, which others name by their numbers, counted from 1 over all frames; 0 is none. */
  'texts',
  /** New spaces: number of the allocator, bytes of a chunk, chunks, name. */
  'spaces',
  // One value a step.
  'kinds',
  /** Lines since the step before. */
  'lines',
  /** Nanoseconds since the step before; a difference. */
  'times',
  /** Number of the space; a difference to that of the step before. */
  'stepSpaces',
  /** How many blocks are placed, and how many removed: differences to `usualBlocks()`. */
  'placed',
  'removed',
  /** Chunks of free memory that are clear; a difference to the step before. */
  'clear',
  // One value for each step that changes a list or appends to one.
  /** How many lists it is behind the newest. */
  'changed',
  // One value for each new list.
  /** ID in the trace; a difference to the next one after that of the list before. */
  'ids',
  /** Number of a text. */
  'labels',
  'accounts',
  // One value for each block that is placed.
  /** The order, and 64 where the block is clear. */
  'orders',
  /** Offset in blocks of its order; a difference to that of the last one of this order. */
  'offsets',
  // One value for each block that is removed.
  /** Its row, counted over all frames; a difference to the row behind the one removed before. */
  'rows',
  /** For each failure: code and operation as texts, label, bytes asked for, bytes of the smallest block, flags, and start and end of a range. */
  'failures',
] as const;

export type ColumnName = (typeof COLUMNS)[number];

/** How many blocks most steps of a kind place and remove: most lists are of one block. */
export function usualBlocks(kind: StepKind): { readonly placed: number; readonly removed: number } {
  return { placed: kind === StepKind.ALLOC ? 1 : 0, removed: kind === StepKind.FREE ? 1 : 0 };
}

/** A set bit in `orders`: the block is clear. */
export const CLEAR_BLOCK = 64;

/** Flags of a failed request. */
export const RequestFlag = { RANGE: 1, TOP_DOWN: 2, CONTIGUOUS: 4, CLEAR: 8, TRIM_DISABLE: 16 } as const;

/** Writes columns, and packs them into a frame. */
export class FrameWriter {
  readonly columns: Readonly<Record<ColumnName, ByteWriter>>;

  constructor() {
    this.columns = Object.fromEntries(COLUMNS.map((name) => [name, new ByteWriter()])) as Record<
      ColumnName,
      ByteWriter
    >;
  }

  /** Bytes so far. */
  get length(): number {
    return COLUMNS.reduce((sum, name) => sum + this.columns[name].length, 0);
  }

  /** Gives the frame of so many steps, and starts the next one. */
  take(steps: number): Uint8Array<ArrayBuffer> {
    const parts = COLUMNS.map((name) => {
      const bytes = this.columns[name].take();
      return bytes.some((byte) => byte !== 0) ? bytes : new Uint8Array(0);
    });
    const frame = new ByteWriter();
    frame.byte(VERSION);
    frame.count(steps);
    for (const { length } of parts) frame.count(length);
    for (const part of parts) frame.bytes(part);
    return frame.take();
  }
}

/** Zeros without an end: the column that was left out. */
class Zeros extends ByteReader {
  constructor() {
    super(new Uint8Array(0));
  }

  override byte(): number {
    return 0;
  }
}

const ZEROS = new Zeros();

/** A frame that was unpacked. */
export interface Frame {
  readonly steps: number;
  readonly columns: Readonly<Record<ColumnName, ByteReader>>;
}

/** Unpacks a frame. @throws RangeError where it is of another version, or cut short */
export function readFrame(bytes: Uint8Array): Frame {
  const frame = new ByteReader(bytes);
  const version = frame.byte();
  if (version !== VERSION) throw new RangeError(`The effects are of version ${version}, not ${VERSION}.`);
  const steps = frame.count();
  const lengths = COLUMNS.map(() => frame.count());
  const columns = Object.fromEntries(
    COLUMNS.map((name, index) => {
      const part = frame.bytes(lengths[index] ?? 0);
      return [name, part.length === 0 && !ENDING.has(name) ? ZEROS : new ByteReader(part)];
    }),
  ) as Record<ColumnName, ByteReader>;
  return { steps, columns };
}

/** Columns that are read to their end. */
const ENDING: ReadonlySet<ColumnName> = new Set(['texts', 'spaces']);
