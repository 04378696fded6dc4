/** What the classes of this library know of each other and nobody else does. */

/** Proof, for a constructor, that it is the library that calls it. */
export const internalKey = Symbol('gpu-buddy.internal');

/** A list's version: changes whenever its blocks do, so that a block knows whether it is still one of them. */
export const currentVersion = Symbol('gpu-buddy.currentVersion');

/** The native handle of an allocator, or of a list that is not freed. */
export const handleOf = Symbol('gpu-buddy.handleOf');

/** An allocator's way to turn a status into an error. */
export const errorFor = Symbol('gpu-buddy.errorFor');

/** Whether anybody but one environment's `GpuBuddy` may see an allocator; the way to note it, under the token's ID. */
export const isShared = Symbol('gpu-buddy.isShared');
export const markShared = Symbol('gpu-buddy.markShared');

/** Makes a list a freed one, whose blocks have gone elsewhere. */
export const release = Symbol('gpu-buddy.release');

/** What an allocation from an allocator asks for; whether lists of that allocator remember where they come from. */
export const requestFor = Symbol('gpu-buddy.requestFor');
export const capturesStacks = Symbol('gpu-buddy.capturesStacks');

/** Takes back what a batch has done. */
export const takeBack = Symbol('gpu-buddy.takeBack');
