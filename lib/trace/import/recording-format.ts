/** The interface between a format and the importer. */
import type { TraceOperation } from '../operation';
import type { ImportFormat, ImportReport } from './import-report';
import type { Recording } from './recording';
import type { Tracker } from './tracker';

/** Selects what to import of a recording. */
export interface FormatOptions {
  /** The device whose records are imported; `undefined` takes the first one. */
  readonly device: number | undefined;
  /** Whether allocations are labelled by where they were made. */
  readonly frames: boolean;
  /** The prefix that is cut off file names in labels. */
  readonly stripPrefix: string;
  /** Called now and then with how much is read, of how much. */
  readonly onProgress: ((done: number, whole: number) => void) | undefined;
}

/** The first bytes of a recording. */
export interface RecordingHead {
  readonly bytes: Buffer;
  /** Lines of it that are whole, without carriage returns; at most 100. */
  readonly lines: readonly string[];
}

/** A recording whose operations can be made. */
export interface OpenRecording {
  /** Bytes that all sizes are rounded up to. */
  readonly unit: number;
  /** The moment at which time is 0, as in RFC 3339, where the recording tells. */
  readonly started?: string | undefined;
  /** Bytes that the recorded allocator held from its device at the most. */
  readonly reserved?: number | undefined;
  /** Gives the operations in their order, some at a time, by way of the tracker. */
  play(tracker: Tracker): AsyncIterable<readonly TraceOperation[]> | Iterable<readonly TraceOperation[]>;
}

export interface RecordingFormat {
  readonly name: ImportFormat;
  /** The word for a record. */
  readonly recordName: ImportReport['recordName'];
  matches(head: RecordingHead): boolean;
  open(recording: Recording, options: FormatOptions): OpenRecording | Promise<OpenRecording>;
}
