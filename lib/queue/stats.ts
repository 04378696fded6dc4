/** What a queue tells of itself. */
import type { Account } from 'gpu-buddy';

/** The requests of one account at one priority. */
export interface QueuedLineStats {
  /** `undefined` for requests without one. */
  readonly account: Account | undefined;
  readonly priority: number;
  readonly requests: number;
  /** Bytes that they ask for. */
  readonly bytes: number;
  /** Milliseconds that the first one has waited. */
  readonly longestWait: number;
}

/** Numbers about a queue. Bytes are exact up to 2^53. */
export interface AllocQueueStats {
  /** Requests that wait. */
  readonly waiting: number;
  /** Bytes that they ask for. */
  readonly waitingBytes: number;
  /** Milliseconds that the one among them has waited that has waited longest; 0 where none waits. */
  readonly longestWait: number;
  /** Those that wait by priority, the highest first, and account. */
  readonly lines: readonly QueuedLineStats[];
  /** Requests that were granted so far. */
  readonly granted: number;
  /** Bytes that they asked for. */
  readonly grantedBytes: number;
  /** How often a request was passed by a later one so far. */
  readonly passed: number;
  /** Barriers that were raised so far. */
  readonly barriers: number;
}
