/** Names the calls of the addon for the rest of lib/, from one file a topic. */
export {
  addonFile,
  builtWith,
  hasFaults,
  kernelSha256,
  kernelVersion,
  statuses,
  type StatusText,
} from './native/addon';
export * from './native/accounts';
export * from './native/allocation';
export * from './native/allocators';
export * from './native/batch-columns';
export * from './native/batches';
export * from './native/groups';
export * from './native/journal';
export * from './native/lists';
export { bytesInRange, countOf, found, isClear, lastStatus, list, orderOf, report } from './native/mailbox';
export * from './native/observation';
export * from './native/parking';
export * from './native/pools';
export * from './native/saved-state';
export * from './native/constants';
export * from './native/values';
export * from './native/waiting';
