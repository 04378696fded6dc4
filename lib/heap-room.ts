/** Refuses what would be more than V8's heap holds: V8 ends the process where it runs out of heap, and nobody can catch that. */
import { outOfRange } from './errors';

/** Fewer objects than this are made without a look: it takes longer than they do. */
const FEW = 100_000;

/**
 * Throws where so many objects, of so many bytes of heap each, would not fit.
 *
 * @param argument what asks for them
 * @throws {RangeError} `ERR_OUT_OF_RANGE`
 */
export function assertHeapRoom(argument: string, count: number | bigint, bytesEach: number): void {
  if (count < FEW) return;
  const most = Math.floor(availableHeap() / bytesEach);
  if (count > most) throw outOfRange(argument, `so that at most ${String(most)} objects are made`, count);
}

function availableHeap(): number {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded for those who make very many objects only
  const { getHeapStatistics } = require('node:v8') as typeof import('node:v8');
  return getHeapStatistics().total_available_size;
}
