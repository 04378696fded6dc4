/** The step that allocates: where the blocks may be, why there may be none, and what the error says then. */
import { GpuBuddyError, STATE_CLEAR, type ShortageReason } from 'gpu-buddy';
import type { Opening } from './account-steps';
import type { Refusal } from './books';
import { rangeOf } from './chunk-set';
import { codeOf, disagree, outcomeOf } from './disagreement';
import type { ListSteps } from './list-steps';
import type { OwnedBlock } from './memory';
import { Policy, type Expectation } from './policy';
import { brokenPromise, wronglyLost } from './promises';
import { sameBlocks, showBlocks } from './reader';
import { ChunkRequest, isRefused, optionsOf, spanOf, type Request } from './request';
import type { Scene } from './scene';

export class AllocStep {
  readonly #scene: Scene;
  readonly #lists: ListSteps;

  constructor(scene: Scene, lists: ListSteps) {
    this.#scene = scene;
    this.#lists = lists;
  }

  alloc(request: Request, throws: boolean, opening?: Opening): void {
    const { subject, memory, space, numbers, trace, books, reader } = this.#scene;
    const size = numbers.give(request.size);
    const options = { ...optionsOf(request, numbers), account: opening?.object };
    const outcome = outcomeOf(() =>
      throws ? subject.allocBlocks(size, options) : subject.tryAllocBlocks(size, options),
    );
    const code = codeOf(outcome);
    const list = 'value' in outcome ? outcome.value : null;
    const asked = describe(request, opening);

    if (isRefused(request, space)) {
      trace.comment(`refused: allocBlocks(${asked})`);
      if (code !== 'EINVAL') disagree(`${code ?? 'no error'} instead of EINVAL for ${asked}`);
      return;
    }
    if (code !== undefined && (code !== 'ENOSPC' || !throws)) disagree(`${code} for ${asked}`);
    if (code === undefined && list === null && throws) disagree('allocBlocks() gives null');

    const account = opening?.account;
    const wanted = new ChunkRequest(request, space);
    const refusal = books.refusal(account, wanted.needed);
    if (refusal === 'limit' || refusal === 'reserved') {
      trace.comment(`refused, ${refusal}: allocBlocks(${asked})`);
      if (list) disagree(`blocks in spite of ${refusal}: ${asked}`);
      if ('error' in outcome) this.#compareShortage(asked, request.size, outcome.error, [refusal]);
      return;
    }

    const offset = list?.at(0)?.offset;
    const expectation = new Policy(memory, wanted).expectation();
    const late = this.#lateRefusals(wanted, expectation, account);
    if (list === null) {
      const mayFail = expectation.mayFail || late.length > 0;
      if (!mayFail) disagree(`ENOSPC although there is space for ${asked}`);
      if (late.length > 0) trace.leave(`perhaps given back: allocBlocks(${asked})`);
      else trace.alloc(request, undefined);
      this.#notice([], expectation);
      const reasons = [...(expectation.mayFail ? [this.#shortageOf(request)] : []), ...late];
      if ('error' in outcome) this.#compareShortage(asked, request.size, outcome.error, reasons);
      return;
    }

    const id = trace.alloc(
      request,
      offset === undefined ? undefined : numbers.take('the offset of a block', offset),
    );
    this.#lists.add({ list, id, tag: request.tag });
    const blocks = reader.read(list, request.tag, account);
    if (!expectation.maySucceed)
      disagree(`blocks ${showBlocks(blocks)} although there is no space for ${asked}`);
    const broken = brokenPromise(memory, wanted, blocks, expectation.mergesBelow > 0);
    if (broken !== undefined) disagree(`${broken}: ${asked}`);
    if (expectation.lists.length > 0 && !expectation.lists.some((list) => sameBlocks(list, blocks)))
      disagree(
        `blocks ${showBlocks(blocks)} instead of ${expectation.lists.map(showBlocks).join(' or ')}: ${asked}`,
      );
    const excess = books.refusal(account, sizeOf(blocks));
    if (excess !== undefined) disagree(`blocks ${showBlocks(blocks)} in spite of ${excess}: ${asked}`);
    this.#notice(blocks, expectation);
    memory.take(id, blocks);
  }

  /** Reasons to give blocks back that were found: with `trimDisable` they may be more than the bytes that were admitted. */
  #lateRefusals(
    { size, rounded, trimDisable }: ChunkRequest,
    { lists, maySucceed }: Expectation,
    account?: number,
  ): Refusal[] {
    const open = maySucceed ? [size, ...(trimDisable ? [rounded] : [])] : [];
    const sizes = lists.length > 0 ? lists.map(sizeOf) : open;
    return sizes
      .map((count) => this.#scene.books.refusal(account, count))
      .filter((refusal) => refusal === 'limit' || refusal === 'reserved');
  }

  #shortageOf(request: Request): ShortageReason {
    const { memory, reader } = this.#scene;
    if (request.size > reader.bytes(memory.free.size)) return 'full';
    return spanOf(request) ? 'range' : 'fragmented';
  }

  /** Compares what ENOSPC says with what is free now: nothing has changed since the call failed. */
  #compareShortage(asked: string, size: bigint, error: Error, reasons: readonly ShortageReason[]): void {
    if (!(error instanceof GpuBuddyError)) return disagree(`ENOSPC is a ${error.name}`);
    const { memory, numbers, reader } = this.#scene;
    const avail = reader.bytes(memory.free.size);
    const largestFree = reader.bytes(memory.largestFree());
    if (
      !reasons.some((reason) => reason === error.reason) ||
      numbers.take('requested', error.requested) !== size ||
      numbers.take("an error's avail", error.avail) !== avail ||
      numbers.take("an error's largestFree", error.largestFree) !== largestFree
    )
      disagree(
        `ENOSPC says ${error.reason}, ${error.requested} requested, ${error.avail} free, at most ${error.largestFree} ` +
          `instead of ${reasons.join(' or ')}, ${avail}, ${largestFree}: ${asked}`,
      );
  }

  /** Clear memory that has become dirty since the kernel merged it. */
  #notice(taken: readonly OwnedBlock[], { mergesBelow }: Expectation): void {
    if (!mergesBelow) return;
    const { subject, memory, numbers, reader } = this.#scene;
    const { offsets, orders, states } = subject.snapshot();
    const lost = memory.clear.copy();
    for (const [index, offset] of offsets.entries()) {
      if (states[index] !== STATE_CLEAR) continue;
      const first = reader.toChunk(numbers.take('an offset of the snapshot', offset));
      lost.remove({ first, end: first + 2 ** (orders[index] ?? 0) });
    }
    for (const block of taken) if (block.clear) lost.remove(rangeOf(block));
    const wrong = wronglyLost(memory, lost, mergesBelow);
    if (wrong !== undefined) disagree(wrong);
    memory.makeDirty(lost);
  }
}

function sizeOf(blocks: readonly { readonly count: number }[]): number {
  return blocks.reduce((sum, { count }) => sum + count, 0);
}

function describe(
  { size, minBlockSize, mode, contiguous, clear, trimDisable }: Request,
  opening?: Opening,
): string {
  const where =
    typeof mode === 'string'
      ? mode
      : 'at' in mode
        ? `at ${mode.at}`
        : `range ${mode.range.start} to ${mode.range.end}`;
  const flags = Object.entries({ contiguous, clear, trimDisable }).filter(([, set]) => set);
  const account = opening ? [`account ${opening.account}`] : [];
  return [
    `size ${size}`,
    `minBlockSize ${minBlockSize}`,
    where,
    ...flags.map(([name]) => name),
    ...account,
  ].join(', ');
}
