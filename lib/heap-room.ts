/** Tells whether V8's heap has room for many objects. V8 ends the process if it has not, and nobody can catch that. */
import { gpuBuddyError } from './errors';
import * as native from './native';

interface V8 {
  getHeapStatistics(): { readonly total_available_size: number };
}

/** Objects that are made without a check, which would take longer than they do. */
const FEW = 100_000;

/** Tells whether `count` objects of so many bytes each fit into the free part of the heap. */
export function fitsIntoHeap(count: number | bigint, bytesEach: number): boolean {
  return count < FEW || count <= Math.floor(availableHeap() / bytesEach);
}

function availableHeap(): number {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded for those who make very many objects only
  const v8 = require('node:v8') as V8;
  return v8.getHeapStatistics().total_available_size;
}

/** Heap that a list takes, with its guard, its registration, and its place in an array. */
export const HEAP_BYTES_OF_LIST = 256;

/** Turns V8's RangeError into ENOMEM: V8 throws it if a typed array is too large, but also if the stack is full. */
export function orNoMemory<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError) || cause.message.includes('call stack')) throw cause;
    throw gpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  }
}
