/** Declares the statistics of a queue. */
import type { Account, Bytes } from 'gpu-buddy';

/** The requests of one account at one priority. */
export interface QueuedLineStats {
  /** `undefined` for requests without one. */
  readonly account: Account<Bytes> | undefined;
  readonly priority: number;
  readonly requests: number;
  /** Bytes that they ask for. */
  readonly bytes: number;
  /** Milliseconds that the first one has waited. */
  readonly longestWait: number;
}

/** Counters of a queue: they never fall. Bytes are exact up to 2^53. */
export interface AllocQueueCounts {
  /** Requests that were granted. */
  readonly granted: number;
  /** Bytes that they asked for. */
  readonly grantedBytes: number;
  /** Waits that have ended, by a grant or without one. Requests that are granted or refused at once do not wait. */
  readonly waits: number;
  /** Milliseconds that these waits took together. */
  readonly waitTime: number;
  /** Waits that have ended without a grant. */
  readonly rejected: number;
  /** How often a request was passed by a later one. */
  readonly passed: number;
  /** Barriers that were raised. */
  readonly barriers: number;
}

/** Numbers about a queue. Bytes are exact up to 2^53. */
export interface AllocQueueStats extends AllocQueueCounts {
  /** Requests that wait. */
  readonly waiting: number;
  /** Bytes that they ask for. */
  readonly waitingBytes: number;
  /** Milliseconds of the longest wait among them; 0 where none waits. */
  readonly longestWait: number;
  /** Sums up the requests that wait, by priority, the highest first, and account. */
  readonly lines: readonly QueuedLineStats[];
}
