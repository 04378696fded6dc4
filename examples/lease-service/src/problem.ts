/** An answer that is no success: the status, a code for programs, and a message for people. */
export class Problem extends Error {
  readonly statusCode: number;
  readonly code: string;
  /** Why there is no room, as `GpuBuddyError.reason` says it; `'queued'` where others come first. */
  readonly reason: string | undefined;

  constructor(statusCode: number, code: string, message: string, reason?: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.reason = reason;
  }
}

export const notFound = (): Problem => new Problem(404, 'ERR_NO_LEASE', 'You have no such lease');

export const overloaded = (what: string): Problem => new Problem(503, 'ERR_OVERLOADED', what);

export const stopping = (): Problem => new Problem(503, 'ERR_STOPPING', 'The service is stopping');

export const unavailable = (): Problem =>
  new Problem(503, 'ERR_STORE', 'The file of leases can not be written');
