/**
 * Gives the numbers of an allocator and of a queue to OpenTelemetry.
 *
 * @module gpu-buddy/metrics
 */
/// <reference lib="esnext.disposable" preserve="true" />
export type { Observation } from './observation';
export { observeBuddy } from './observe-buddy';
export { observeQueue, type ObservedQueue } from './observe-queue';
