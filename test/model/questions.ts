/** Asks the allocator what it can tell without a change, and compares the answers with the model's. */
import type { AddressRange, Bytes } from 'gpu-buddy';
import { bytesIn, lowestAddress } from './answers';
import { toFindRequest, toSpan } from './choices';
import { ChunkSet, rangeOf, type Block, type ChunkRange } from './chunk-set';
import { codeOf, disagree, outcomeOf, type Outcome } from './disagreement';
import type { Memory } from './memory';
import type { NumberMode } from './number-mode';
import type { SpanChoice, Step } from './program';
import { findOptionsOf, refusalOfFind, refusalOfSpan } from './request';
import type { Space, Span } from './space';
import type { Subject, SubjectList } from './subject';
import type { TraceWriter } from './trace-writer';

export class Questions {
  readonly #subject: Subject;
  readonly #memory: Memory;
  readonly #space: Space;
  readonly #numbers: NumberMode;
  readonly #trace: TraceWriter;

  constructor(subject: Subject, memory: Memory, space: Space, numbers: NumberMode, trace: TraceWriter) {
    this.#subject = subject;
    this.#memory = memory;
    this.#space = space;
    this.#numbers = numbers;
    this.#trace = trace;
  }

  /** The whole space. */
  get all(): AddressRange {
    const { baseOffset, size } = this.#space;
    return this.#numbers.giveSpan({ start: baseOffset, end: baseOffset + size });
  }

  #bytes(chunks: number): bigint {
    return BigInt(chunks) * this.#space.chunkSize;
  }

  #addressOf(chunk: number): bigint {
    return this.#space.baseOffset + this.#bytes(chunk);
  }

  #relative({ start, end }: Span): Span {
    const { baseOffset } = this.#space;
    return { start: start - baseOffset, end: end - baseOffset };
  }

  findFree(step: Extract<Step, { call: 'findFree' }>): void {
    const request = toFindRequest(step, this.#memory, this.#space);
    const { size, alignment, span } = request;
    const where = span ? `, in ${show(span)}` : '';
    const asked = `findFree(${size}, alignment ${String(alignment)}${where})`;
    this.#trace.comment(asked);
    const outcome = outcomeOf(() =>
      this.#subject.findFree(this.#numbers.give(size), findOptionsOf(request, this.#numbers)),
    );
    const found = valueOf(asked, outcome, refusalOfFind(request, this.#space));
    if (found === undefined) return;

    const { chunkSize, baseOffset, size: all } = this.#space;
    const place = lowestAddress(this.#memory.free.ranges, chunkSize, {
      size,
      alignment: alignment ?? chunkSize,
      span: span ? this.#relative(span) : { start: 0n, end: all },
    });
    const expected = place === undefined ? null : baseOffset + place;
    const address = found === null ? null : this.#numbers.take('the address that findFree() gives', found);
    if (address !== expected) disagree(`${String(address)} instead of ${String(expected)}: ${asked}`);
  }

  availIn(choice: SpanChoice): void {
    const span = toSpan(choice, this.#memory, this.#space);
    this.#compareBytesIn('availIn', span, this.#memory.free.ranges, (range) => this.#subject.availIn(range));
  }

  sizeIn(list: SubjectList, blocks: readonly Block[], choice: SpanChoice, id: number): void {
    const span = toSpan(choice, this.#memory, this.#space);
    this.#compareBytesIn(`list ${id}: sizeIn`, span, blocks.map(rangeOf), (range) => list.sizeIn(range));
  }

  /** Asks a list how much of it lies in the whole space. */
  sizeInAll(list: SubjectList, blocks: readonly Block[]): void {
    const { baseOffset, size } = this.#space;
    const span = { start: baseOffset, end: baseOffset + size };
    this.#compareBytesIn('sizeIn', span, blocks.map(rangeOf), (range) => list.sizeIn(range));
  }

  #compareBytesIn(
    what: string,
    span: Span,
    chunks: readonly ChunkRange[],
    ask: (range: AddressRange) => Bytes,
  ): void {
    const asked = `${what}(${show(span)})`;
    this.#trace.comment(asked);
    const outcome = outcomeOf(() => ask(this.#numbers.giveSpan(span)));
    const given = valueOf(asked, outcome, refusalOfSpan(span, this.#space));
    if (given === undefined) return;
    const expected = bytesIn(chunks, this.#space.chunkSize, this.#relative(span));
    if (this.#numbers.take(asked, given) !== expected) disagree(`${given} instead of ${expected}: ${asked}`);
  }

  /** Compares how much is free, and where. */
  compare(): void {
    const { free, clear } = this.#memory;
    const subject = this.#subject;
    const largestFree = this.#memory.largestFree();
    this.#compareBytes('avail', subject.avail, free.size);
    this.#compareBytes('clearAvail', subject.clearAvail, clear.size);
    this.#compareBytes('largestFree', subject.largestFree, largestFree);

    const isEmpty = free.size === this.#memory.chunks;
    if (subject.isEmpty !== isEmpty) disagree(`isEmpty is not ${String(isEmpty)}`);

    const possible = this.#memory.largestPossible();
    const fragmentation = possible === 0 ? 0 : 1 - largestFree / possible;
    if (subject.fragmentation !== fragmentation)
      disagree(`fragmentation is ${subject.fragmentation} instead of ${fragmentation}`);

    this.#compareSegments('freeSegments()', subject.freeSegments(), free.ranges);
  }

  /** Compares where the blocks of a list lie. */
  compareList(list: SubjectList, blocks: readonly Block[]): void {
    const all = ChunkSet.of(...blocks.map(rangeOf)).ranges;
    const [only] = all.length === 1 ? all : [];
    const { offset } = list;
    const address = offset === undefined ? undefined : this.#numbers.take('the offset of a list', offset);
    const expected = only && this.#addressOf(only.first);
    if (address !== expected)
      disagree(`the offset of a list is ${String(address)} instead of ${String(expected)}`);

    const pieces: ChunkRange[] = [];
    for (const { first, count } of blocks) {
      const last = pieces.at(-1);
      if (last?.end === first) pieces[pieces.length - 1] = { first: last.first, end: first + count };
      else pieces.push({ first, end: first + count });
    }
    this.#compareSegments('segments()', list.segments(), pieces);
  }

  #compareBytes(what: string, given: Bytes, chunks: number): void {
    const expected = this.#bytes(chunks);
    if (this.#numbers.take(what, given) !== expected) disagree(`${what} is ${given} instead of ${expected}`);
  }

  #compareSegments(
    what: string,
    segments: ReturnType<Subject['freeSegments']>,
    expected: readonly ChunkRange[],
  ): void {
    if (segments.length !== expected.length)
      disagree(`${what} are ${segments.length} instead of ${expected.length}`);
    expected.forEach(({ first, end }, index) => {
      const { offset, size } = segments[index] ?? {};
      if (
        this.#numbers.take(`an offset of ${what}`, offset) !== this.#addressOf(first) ||
        this.#numbers.take(`a size of ${what}`, size) !== this.#bytes(end - first)
      )
        disagree(
          `${what} has ${String(size)} bytes at ${String(offset)} instead of chunks ${first} to ${end}`,
        );
    });
  }
}

/** Returns the answer to a question, or nothing where it was refused as it should be. */
function valueOf<T>(asked: string, outcome: Outcome<T>, expected: string | undefined): T | undefined {
  const code = codeOf(outcome);
  if (code !== expected) disagree(`${code ?? 'no error'} instead of ${expected ?? 'an answer'}: ${asked}`);
  return 'value' in outcome ? outcome.value : undefined;
}

function show({ start, end }: Span): string {
  return `${start} to ${end}`;
}
