/** Serves a workload by a policy, and gives its effects as frames: one recording, seen under another policy. */
import type { AllocatedBlocks } from '../../allocated-blocks';
import type { TraceOperation } from '../operation';
import { toPolicy, type PolicyOptions } from '../policy/policy';
import { PolicyRun } from '../policy/policy-run';
import { ResultBuilder } from '../result-builder';
import { labelOf, RequestKind, type Workload } from '../workload/workload';
import { EffectsWriter } from './effects-writer';

/** Steps of a frame: as much as is done before others have their turn. */
const FRAME_STEPS = 1 << 14;

/** The answer of an allocation for which there is no space. */
const NO_SPACE = -28;

const NO_BLOCKS: Iterable<{ readonly offset: number; readonly order: number; readonly isClear: boolean }> =
  [];

/**
 * Gives the frames one after another. Lines are those of the recording, IDs of lists the numbers of the workload.
 *
 * @throws RangeError, TypeError as `toPolicy()`
 * @throws GpuBuddyError where no such allocator can be made
 */
export function* policyEffects(
  workload: Workload,
  options: PolicyOptions,
): Generator<Uint8Array<ArrayBuffer>, undefined> {
  using effects = new PolicyEffects(workload, options);
  for (let index = 0; index < workload.length; index++) {
    effects.serve(index);
    if (effects.writer.steps >= FRAME_STEPS) yield effects.writer.take();
  }
  yield effects.writer.take();
  return undefined;
}

class PolicyEffects implements Disposable {
  readonly writer = new EffectsWriter();
  readonly #workload: Workload;
  readonly #run: PolicyRun;
  readonly #answer = new ResultBuilder();
  #line: number;

  constructor(workload: Workload, options: PolicyOptions) {
    const policy = toPolicy(workload, options);
    this.#workload = workload;
    this.#run = new PolicyRun(workload, policy);
    this.#line = workload.lines[0] ?? 0;
    this.#add({ kind: 'buddy.new', size: policy.size, chunkSize: policy.chunkSize });
  }

  serve(index: number): void {
    const { kinds, lists, sizes, lines, times } = this.#workload;
    const kind = kinds[index] ?? -1;
    const id = lists[index] ?? -1;
    const other = sizes[index] ?? 0;
    const wasThere = this.#run.list(id) !== undefined;
    const outcome = this.#run.serve(index);
    if (outcome === 'skipped') return;
    this.#line = lines[index] ?? 0;
    const time = times[index] ?? NaN;
    const notes = {
      label: labelOf(this.#workload, index),
      time: Number.isNaN(time) ? undefined : time,
    };
    const blocks = this.#run.list(id);
    const request = { ...notes, id, size: other };
    switch (kind) {
      case RequestKind.ALLOC:
        this.#add({ kind: 'buddy.alloc', ...request }, outcome, blocks);
        return;
      case RequestKind.GROW:
        this.#add({ kind: 'blocks.extend', ...request }, outcome, blocks);
        return;
      case RequestKind.FREE:
        this.#add({ kind: 'blocks.free', ...notes, id });
        return;
      case RequestKind.SHRINK:
        if (blocks) this.#add({ kind: 'blocks.trim', ...notes, id, newSize: other }, outcome, blocks);
        else this.#loseShrunk(request);
        return;
      case RequestKind.APPEND:
        if (wasThere) this.#add({ kind: 'blocks.append', ...notes, id, other }, outcome, blocks);
        else this.#rename(other, request, blocks);
        return;
      default:
        if (outcome === 'failed') this.#add({ kind: 'buddy.probe', ...notes, size: other }, outcome);
    }
  }

  [Symbol.dispose](): void {
    this.#run[Symbol.dispose]();
  }

  /** A list that was to be allocated anew, smaller, and found no space. */
  #loseShrunk(request: { readonly id: number; readonly size: number }): void {
    this.#add({ kind: 'blocks.free', id: request.id });
    this.#add({ kind: 'buddy.alloc', ...request }, 'failed');
  }

  /** A list that is appended to one which was never allocated here: it takes that one's number. */
  #rename(
    other: number,
    {
      id,
      label,
      time,
    }: { readonly id: number; readonly label: string | undefined; readonly time: number | undefined },
    blocks: AllocatedBlocks | undefined,
  ): void {
    this.#add({ kind: 'blocks.free', id: other, time });
    this.#add({ kind: 'buddy.claim', id, blocks: [], label, time }, 'done', blocks);
  }

  #add(
    operation: TraceOperation,
    outcome: 'done' | 'failed' = 'done',
    blocks: AllocatedBlocks | typeof NO_BLOCKS = NO_BLOCKS,
  ): void {
    const { avail, clearAvail, size } = this.#run.buddy;
    this.#answer.begin(outcome === 'done' ? 0 : NO_SPACE);
    if (outcome === 'done')
      for (const { offset, order, isClear } of blocks) this.#answer.block(offset, order, isClear);
    this.writer.add(operation, this.#line, this.#answer.end(avail, clearAvail, 0), size);
  }
}
