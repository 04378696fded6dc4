/** Metrics of a queue of `gpu-buddy/queue`. */
import type { Attributes, Meter } from '@opentelemetry/api';
import { invalidArgType } from '../errors';
import { observe, toAttributes, toMeter, type Observation } from './observation';

/** The part of an `AllocQueue` that is observed. */
export interface ObservedQueue {
  /** Gives the numbers of the queue. */
  stats(): {
    readonly waiting: number;
    readonly waitingBytes: number;
    readonly waits: number;
    /** Milliseconds. */
    readonly waitTime: number;
  };
}

/**
 * Observes an `AllocQueue`, whenever a reader of the meter collects: the requests that wait, and their bytes; the waits that have
 * ended, and the time that they took. docs/guide/watching.md lists the metrics.
 *
 * @param attributes are given to each of them, such as one that names the queue
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
 */
export function observeQueue(meter: Meter, queue: ObservedQueue, attributes?: Attributes): Observation {
  const given: unknown = queue;
  if (typeof given !== 'object' || given === null || !('stats' in given))
    throw invalidArgType('queue', 'an AllocQueue', given);
  const to = toMeter(meter);
  const requests = to.createObservableUpDownCounter('gpu_buddy.queue.waiting.requests', {
    description: 'Requests that wait for memory.',
    unit: '{request}',
  });
  const size = to.createObservableUpDownCounter('gpu_buddy.queue.waiting.size', {
    description: 'Bytes that the waiting requests ask for.',
    unit: 'By',
  });
  const waits = to.createObservableCounter('gpu_buddy.queue.waits', {
    description: 'Waits that have ended, by a grant or without one.',
    unit: '{wait}',
  });
  const time = to.createObservableCounter('gpu_buddy.queue.wait.time', {
    description: 'Time that the waits took that have ended.',
    unit: 's',
  });
  return observe(to, [requests, size, waits, time], toAttributes(attributes), (tell) => {
    const stats = queue.stats();
    tell(requests, stats.waiting);
    tell(size, stats.waitingBytes);
    tell(waits, stats.waits);
    tell(time, stats.waitTime / 1000);
  });
}
