/** Reads the workloads of a trace: the requests of its program to each allocator, whatever policy was used. */
import type { Bytes } from '../../native';
import { toOptions } from '../../options';
import { LENIENT_NAMES, parseLeniently, skip, type LenientOptions } from '../lenient';
import type { LineReader } from '../line-reader';
import type { KernelOperation, LibraryOperation, TraceOperation } from '../operation';
import { isOneOf } from '../operation-kinds';
import { TraceError, type TracePlace } from '../trace-error';
import { TraceReplayer } from '../trace-replayer';
import { answerOf, NO_SPACE, type Answer } from './answer';
import { WorkloadBuilder } from './workload-builder';
import type { Workload } from './workload';

const FLAG_RANGE = 1;

/**
 * Reads a trace to its end, and gives the requests that were made of each of its allocators that have any.
 *
 * Of the kernel's own calls, which a trace of version 1 records without answers, it is found out by replaying them which have
 * failed. Allocations that found no space are probes; calls that failed otherwise are left out.
 *
 * @throws TraceError if the trace cannot be read or parsed, or frees what is not allocated
 */
export async function readWorkloads(trace: LineReader, options?: LenientOptions): Promise<Workload[]> {
  const { onSkipped } = toOptions('options', options, LENIENT_NAMES);
  using reader = new WorkloadReader(trace);
  while (trace.isReady || (await trace.fill())) {
    const line = trace.next();
    const operation = parseLeniently(line, trace, onSkipped);
    if (!operation) continue;
    try {
      reader.add(operation);
    } catch (error) {
      skip(error, onSkipped);
    }
  }
  return reader.finish();
}

const isKernels = isOneOf(
  'init',
  'alloc',
  'free',
  'trim',
  'free_block',
  'reset_clear',
  'lookup',
  'print',
  'fini',
);

/** Sorts operations into workloads. */
export class WorkloadReader implements Disposable {
  readonly #place: TracePlace;
  readonly #replayer = new TraceReplayer();
  readonly #builders: WorkloadBuilder[] = [];
  /** The builders of library calls by the number of their allocator. */
  readonly #byNumber = new Map<number, WorkloadBuilder>();
  /** The builder of kernel calls: that of the last `init`. */
  #round: WorkloadBuilder | undefined;
  #rounds = 0;
  #hasGap = false;

  /** @param place where the operation stands that is added */
  constructor(place: TracePlace) {
    this.#place = place;
  }

  /** @throws TraceError */
  add(operation: TraceOperation): void {
    if (operation.kind === 'comment' || operation.kind === 'gpu-buddy-trace') return;
    if (isKernels(operation)) this.#addKernel(operation);
    else this.#addLibrary(operation);
  }

  /** Gives the workloads read, one for each allocator that did anything. */
  finish(): Workload[] {
    return this.#builders.filter(({ length }) => length > 0).map((builder) => builder.finish());
  }

  /** Frees the replayer that reads the kernel's calls. */
  [Symbol.dispose](): void {
    this.#replayer[Symbol.dispose]();
  }

  #addKernel(operation: KernelOperation): void {
    const { line } = this.#place;
    const answer = answerOf(this.#replayer.execute(operation, this.#place));
    if (operation.kind === 'init') {
      if (answer.errno !== 0) return;
      this.#round = new WorkloadBuilder(
        this.#place.file,
        this.#rounds++,
        operation.chunkSize,
        this.#replayer.size,
      );
      this.#builders.push(this.#round);
      return;
    }
    const builder = this.#round;
    if (!builder) return;
    builder.noteUse(this.#replayer.size - this.#replayer.avail);
    switch (operation.kind) {
      case 'alloc': {
        const { id, size, minBlockSize, flags } = operation;
        if ((Number(flags) & FLAG_RANGE) !== 0) builder.dropped.ranges++;
        if (answer.errno === 0) builder.alloc(id, size, minBlockSize, operation, line);
        else if (answer.errno === NO_SPACE) builder.probe(size, minBlockSize, operation, line);
        else builder.dropped.refused++;
        return;
      }
      case 'free':
        builder.free(operation.id, operation, line);
        return;
      case 'trim':
      case 'free_block':
        if (answer.errno === 0)
          builder.shrink(operation.id, answer.bytes(builder.chunkSize), operation, line);
        else builder.dropped.refused++;
        return;
      case 'reset_clear':
      case 'lookup':
      case 'print':
      case 'fini':
        return;
    }
  }

  #addLibrary(operation: LibraryOperation): void {
    const { kind, on = 0 } = operation;
    if (kind === 'gap') this.#hasGap = true;
    if (kind === 'begin' || kind === 'gap' || kind === 'poisoned') return;
    if (kind === 'buddy.new') {
      const { chunkSize, size } = operation;
      const builder = new WorkloadBuilder(this.#place.file, on, chunkSize, size);
      this.#byNumber.set(on, builder);
      this.#builders.push(builder);
      return;
    }
    const builder = this.#byNumber.get(on);
    if (!builder) throw new TraceError(this.#place, `there is no allocator ${on}: buddy.new must come first`);
    if (this.#hasGap) builder.dropped.afterGap++;
    else this.#addCall(operation, builder);
  }

  #addCall(
    operation: Exclude<LibraryOperation, { kind: 'begin' | 'gap' | 'poisoned' | 'buddy.new' }>,
    builder: WorkloadBuilder,
  ): void {
    const { line } = this.#place;
    const answer = operation.answer === undefined ? undefined : answerOf(operation.answer);
    const size = builder.size;
    if (size !== undefined && answer?.avail !== undefined) builder.noteUse(size - answer.avail);
    if (answer && answer.errno !== 0) {
      this.#addFailed(operation, answer, builder);
      return;
    }
    switch (operation.kind) {
      case 'buddy.alloc': {
        const { id, size, minBlockSize, range, account } = operation;
        this.#refuseLive(builder, id);
        if (range) builder.dropped.ranges++;
        if (account !== undefined) builder.dropped.accounts++;
        builder.alloc(id, size, minBlockSize, operation, line);
        return;
      }
      case 'buddy.probe':
        builder.probe(operation.size, operation.minBlockSize, operation, line);
        return;
      case 'buddy.claim': {
        const { id, blocks } = operation;
        this.#refuseLive(builder, id);
        builder.dropped.addresses += blocks.length;
        builder.alloc(id, bytesOf(blocks, builder.chunkSize), undefined, operation, line);
        return;
      }
      case 'blocks.free':
      case 'blocks.undo':
        this.#checkList(builder, operation.id);
        builder.free(operation.id, operation, line);
        return;
      case 'blocks.freeBlock':
        this.#checkList(builder, operation.id);
        if (answer) builder.shrink(operation.id, answer.bytes(builder.chunkSize), operation, line);
        else builder.dropped.refused++;
        return;
      case 'blocks.trim':
        this.#checkList(builder, operation.id);
        builder.shrink(operation.id, operation.newSize, operation, line);
        return;
      case 'blocks.extend':
        this.#checkList(builder, operation.id);
        builder.grow(operation.id, operation.size, operation, line);
        return;
      case 'blocks.append':
        this.#checkList(builder, operation.other);
        // Without another list it stays as it is, but for its tag.
        if (operation.id === undefined) return;
        this.#checkList(builder, operation.id);
        builder.append(operation.id, operation.other, operation, line);
        return;
      case 'buddy.clear':
      case 'buddy.resetClear':
      case 'account.open':
      case 'account.update':
      case 'account.close':
        return;
    }
  }

  #addFailed(operation: LibraryOperation, { errno }: Answer, builder: WorkloadBuilder): void {
    const isShort = errno === NO_SPACE;
    if (isShort && (operation.kind === 'buddy.alloc' || operation.kind === 'buddy.probe'))
      builder.probe(operation.size, operation.minBlockSize, operation, this.#place.line);
    else builder.dropped.refused++;
  }

  #checkList(builder: WorkloadBuilder, id: number): void {
    if (!builder.hasList(id))
      throw new TraceError(this.#place, `there is no list ${id}`, { problem: 'unknown-list' });
  }

  #refuseLive(builder: WorkloadBuilder, id: number): void {
    if (builder.hasList(id))
      throw new TraceError(this.#place, `list ${id} is in use: free must come first`, {
        problem: 'live-list',
      });
  }
}

function bytesOf(blocks: readonly { readonly order: number }[], chunkSize: number): Bytes {
  return blocks.reduce((sum, { order }) => sum + chunkSize * 2 ** order, 0);
}
