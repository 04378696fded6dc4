/** Output that cannot be written. */
import { systemReason } from '../trace/system-reason';

export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** Whoever read the output has left: nobody is there to be told. */
  readonly isAbandoned: boolean;

  constructor(cause: Error) {
    super(`cannot write output: ${systemReason(cause)}`, { cause });
    const code = 'code' in cause ? cause.code : undefined;
    this.isAbandoned = code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
  }
}
