/** The entry `gpu-buddy/metrics`: names only. */
/// <reference lib="esnext.disposable" preserve="true" />
export type { Observation } from './observation';
export { observeBuddy } from './observe-buddy';
export { observeQueue, type ObservedQueue } from './observe-queue';
