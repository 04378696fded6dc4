/** Reports a fault in a trace, with its file and line. */

/** Names a line: its file, and its number, counted from 1. */
export interface TracePlace {
  readonly file: string;
  readonly line: number;
}

/** Problems of a line without which the others can still be replayed. */
export type LineProblem =
  | 'blank-line'
  /** The line ends in a carriage return; it is read without it. */
  | 'carriage-return'
  /** It frees or changes a list that there is not. */
  | 'unknown-list'
  /** It allocates into a list that holds blocks. */
  | 'live-list';

/** The place of text that comes from no file. */
export const NOWHERE: TracePlace = { file: '<text>', line: 1 };

/**
 * A trace that cannot be read, parsed or replayed. Its message is `FILE:LINE:COLUMN: REASON`, with as much of the place
 * as is known.
 */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly code = 'ERR_GPU_BUDDY_TRACE';
  readonly file: string;
  /** Counted from 1; `undefined` where the file cannot be read at all. */
  readonly line: number | undefined;
  /** Counted from 1; `undefined` where it is the line as a whole that is wrong. */
  readonly column: number | undefined;
  readonly reason: string;
  /** `undefined` where the line cannot be left out. */
  readonly problem: LineProblem | undefined;

  constructor(
    { file, line }: { readonly file: string; readonly line?: number | undefined },
    reason: string,
    {
      column,
      cause,
      problem,
    }: {
      readonly column?: number;
      readonly cause?: unknown;
      readonly problem?: LineProblem | undefined;
    } = {},
  ) {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    super(`${place}: ${reason}`, cause === undefined ? {} : { cause });
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = reason;
    this.problem = problem;
  }
}
