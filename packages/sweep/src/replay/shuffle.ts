/** Shuffles the requests of a workload a little, as another timing of its program's threads would. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { RequestKind, type Workload } from 'gpu-buddy/trace';

/**
 * Draws the next request at random, again and again, among the next `window` ones that do not depend on one before them: requests of one
 * list keep their order. Times stay where they are, so that they still ascend. The same seed gives the same order everywhere.
 *
 * @param window requests, at least 1
 */
export function shuffle(workload: Workload, seed: number, window: number): Workload {
  const { length } = workload;
  const random = xoroshiro128plus(seed);
  const order = new Uint32Array(length);
  const waiting: number[] = [];
  let next = 0;
  for (let position = 0; position < length; position++) {
    while (waiting.length < window && next < length) waiting.push(next++);
    const free = independent(workload, waiting);
    const at = free[uniformInt(random, 0, free.length - 1)] ?? 0;
    order[position] = waiting[at] ?? 0;
    waiting.splice(at, 1);
  }
  const { kinds, lists, sizes, alignments, lines, labels } = workload;
  return {
    ...workload,
    kinds: kinds.map((_, position) => kinds[order[position] ?? 0] ?? 0),
    lists: lists.map((_, position) => lists[order[position] ?? 0] ?? 0),
    sizes: sizes.map((_, position) => sizes[order[position] ?? 0] ?? 0),
    alignments: alignments.map((_, position) => alignments[order[position] ?? 0] ?? 0),
    lines: lines.map((_, position) => lines[order[position] ?? 0] ?? 0),
    labels: labels.map((_, position) => labels[order[position] ?? 0] ?? 0),
  };
}

/** Gives the places of requests that share no list with one before them. The first one always does not. */
function independent({ kinds, lists, sizes }: Workload, waiting: readonly number[]): number[] {
  const touched = new Set<number>();
  const free: number[] = [];
  for (const [at, request] of waiting.entries()) {
    const kind = kinds[request];
    const list = lists[request] ?? 0;
    const other = kind === RequestKind.APPEND ? (sizes[request] ?? 0) : list;
    if (kind === RequestKind.PROBE || (!touched.has(list) && !touched.has(other))) free.push(at);
    if (kind === RequestKind.PROBE) continue;
    touched.add(list);
    touched.add(other);
  }
  return free;
}
