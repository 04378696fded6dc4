/** Output that cannot be written. */
import { systemReason } from '../trace/system-reason';

export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** Is true if the reader of the output has closed it (EPIPE): nobody can be told. */
  readonly isAbandoned: boolean;

  constructor(cause: Error) {
    super(`cannot write output: ${systemReason(cause)}`, { cause });
    const code = 'code' in cause ? cause.code : undefined;
    this.isAbandoned = code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
  }
}
