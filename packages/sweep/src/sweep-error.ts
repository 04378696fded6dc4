/** Errors that a user of the command can act on: their message is all that is shown. */

export type SweepErrorCode =
  /** The command line is wrong. */
  | 'ERR_SWEEP_USAGE'
  /** The specification cannot be read, or says something that means nothing. */
  | 'ERR_SWEEP_SPECIFICATION'
  /** The specification names a kernel whose allocator is not on this machine. */
  | 'ERR_SWEEP_KERNEL'
  /** The results file is damaged, or belongs to another sweep. */
  | 'ERR_SWEEP_RESULTS'
  /** Another process writes to the results file. */
  | 'ERR_SWEEP_LOCKED'
  /** A trace is not what its hash says, or cannot be had. */
  | 'ERR_SWEEP_TRACE'
  /** A job cannot be served: its trace is corrupt, it takes too long, or it means nothing. */
  | 'ERR_SWEEP_JOB'
  /** Redis cannot be reached, or holds no such sweep. */
  | 'ERR_SWEEP_REDIS'
  /** An optional package is not installed. */
  | 'ERR_SWEEP_MISSING_PACKAGE';

export class SweepError extends Error {
  override readonly name = 'SweepError';
  readonly code: SweepErrorCode;

  constructor(code: SweepErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** Gives what an error says, in one line. */
export function reasonOf(error: unknown): string {
  const text =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return text.split('\n')[0] ?? text;
}
