/** What the classes of this library know of each other and nobody else does. */

/** Proof, for a constructor, that it is the library that calls it. */
export const internalKey = Symbol('gpu-buddy.internal');

/** A list's version: changes whenever its blocks do, so that a block knows whether it is still one of them. */
export const currentVersion = Symbol('gpu-buddy.currentVersion');

/** An allocator's native handle. */
export const handleOf = Symbol('gpu-buddy.handleOf');

/** An allocator's way to turn a status into an error. */
export const errorFor = Symbol('gpu-buddy.errorFor');
