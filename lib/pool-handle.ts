/** Makes the handles of a pool's allocations. */
import * as native from './native';

declare const isHandle: unique symbol;

/** Names an allocation of a pool: a number that is valid until the allocation is freed, and in that pool only. */
export type PoolHandle = number & { readonly [isHandle]: true };

/** A handle is `index * SCALE + generation`. */
const SCALE = 2 ** native.POOL_GENERATION_BITS;

export function toHandle(index: number, generation: number): PoolHandle {
  return (index * SCALE + generation) as PoolHandle;
}

/** Gives any integer if the number is no handle. */
export function indexOf(handle: PoolHandle): number {
  return typeof handle === 'number' ? (handle * (1 / SCALE)) | 0 : 0;
}

export function generationOf(handle: PoolHandle, index: number): number {
  return (handle - index * SCALE) | 0;
}
