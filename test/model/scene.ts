/** State that the steps of one run share: the allocator, the model of it, and how to compare the two. */
import type { Books } from './books';
import type { Memory } from './memory';
import type { NumberMode } from './number-mode';
import type { Questions } from './questions';
import type { Reader } from './reader';
import type { Space } from './space';
import type { Subject, SubjectList } from './subject';
import type { TraceWriter } from './trace-writer';

export interface Scene {
  readonly subject: Subject;
  readonly memory: Memory;
  readonly books: Books;
  readonly space: Space;
  readonly numbers: NumberMode;
  readonly trace: TraceWriter;
  readonly questions: Questions;
  readonly reader: Reader;
}

/** A list of the allocator. Its key in the model is its ID in the trace. */
export interface LiveList {
  readonly list: SubjectList;
  readonly id: number;
  readonly tag: number;
}
