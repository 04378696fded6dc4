/** Declares the report of an import: counts of records, and of those that were skipped, mapped or guessed. */

/** The formats that can be imported; docs/guide/import.md describes each. */
export type ImportFormat = 'rmm' | 'rmm-2019' | 'pytorch' | 'aosp' | 'vma';

/** Treatment of a record: it was left out, became something else, or had to be guessed. */
export type ImportNoteWay = 'skipped' | 'mapped' | 'guessed';

/** Kinds of things that were skipped, mapped or guessed: `ImportNote.text` says it in words. */
export type ImportNoteKind =
  | 'header'
  | 'blank'
  | 'null'
  | 'zero-size'
  | 'zero-size-free'
  | 'unknown-free'
  | 'unknown-action'
  | 'unreadable'
  | 'other-device'
  | 'no-operation'
  | 'rounded'
  | 'requested'
  | 'realloc'
  | 'live-again'
  | 'size-differs'
  | 'alignment'
  | 'place'
  | 'dedicated'
  | 'failure'
  | 'label-cut'
  | 'device'
  | 'midnight'
  | 'lived-before'
  | 'freed-later'
  | 'address';

/** Counts one kind of things that were skipped, mapped or guessed. */
export interface ImportNote {
  readonly way: ImportNoteWay;
  readonly kind: ImportNoteKind;
  /** The kind in words, plural. */
  readonly text: string;
  readonly count: number;
  /** The record where it was first met: `ImportReport.recordName` says what is counted, from 1. 0 where it is the file as a whole. */
  readonly first: number;
}

/** Counts of what an import has read so far. Byte counts are after rounding to the unit. */
export interface ImportReport {
  readonly file: string;
  readonly format: ImportFormat;
  /** Device that was imported; `undefined` if the recording does not tell. */
  readonly device: number | undefined;
  /** Unit in bytes: all sizes are multiples of it. */
  readonly unit: number;
  /** Number of records in the file, skipped ones too. */
  readonly records: number;
  readonly recordName: 'line' | 'event' | 'allocation';
  readonly allocations: number;
  readonly frees: number;
  /** Failures of the recorded program that a replay tries again. */
  readonly probes: number;
  /** The most bytes that were in use at a time, and the record that brought it there first. */
  readonly peak: number;
  readonly peakAt: number;
  /** Allocations, and their bytes, that nobody has freed. */
  readonly live: number;
  readonly liveBytes: number;
  /** Bytes that the recorded allocator held from its device at the most; `undefined` where the recording does not tell. */
  readonly reserved: number | undefined;
  /** Notes that occurred, in the order skipped, mapped, guessed. */
  readonly notes: readonly ImportNote[];
}
