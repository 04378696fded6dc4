/** One run of a program: every call is made on the allocator and in the model, and everything that can be seen is compared. */
import {
  GpuBuddyError,
  STATE_ALLOCATED,
  STATE_CLEAR,
  type BlockInfo,
  type BlockTable,
  type Bytes,
  type GpuBuddyOptions,
  type ShortageReason,
} from 'gpu-buddy';
import { blocksOf, powerOfTwoUpTo, rangeOf } from './chunk-set';
import { pick, toAddress, toRequest, toSpace, toTrim } from './choices';
import { codeOf, disagree, outcomeOf } from './disagreement';
import { Memory, type OwnedBlock } from './memory';
import { NumberMode } from './number-mode';
import { Policy, type Expectation } from './policy';
import { printed } from './printed';
import type { Program, SpanChoice, Step } from './program';
import { brokenPromise, wronglyLost } from './promises';
import { Questions } from './questions';
import { ChunkRequest, isRefused, optionsOf, spanOf, type Request } from './request';
import { isRefusedSpace, managed, type Space, type SpaceRequest } from './space';
import type { MakeSubject, Subject, SubjectList } from './subject';
import { TraceWriter } from './trace-writer';

interface LiveList {
  readonly list: SubjectList;
  /** In the trace. */
  readonly id: number;
}

/** Runs a program to its end, or to the first disagreement, which it throws. */
export function runProgram(program: Program, make: MakeSubject): void {
  new Run(program, make).run();
}

/** The calls of a program up to the first disagreement, as a trace, and what the disagreement is. */
export function explainProgram(
  program: Program,
  make: MakeSubject,
): { readonly trace: string; readonly disagreement: string | undefined } {
  const run = new Run(program, make);
  try {
    run.run();
  } catch (error) {
    return { trace: run.trace.toString(), disagreement: String(error) };
  }
  return { trace: run.trace.toString(), disagreement: undefined };
}

class Run {
  readonly #program: Program;
  readonly #make: MakeSubject;
  readonly #spaceRequest: SpaceRequest;
  readonly #space: Space;
  readonly #numbers: NumberMode;
  readonly #memory: Memory;
  readonly #lists = new Map<number, LiveList>();
  readonly trace: TraceWriter;
  #subject!: Subject;
  #questions!: Questions;

  constructor(program: Program, make: MakeSubject) {
    const request = toSpace(program.space);
    this.#program = program;
    this.#make = make;
    this.#spaceRequest = request;
    this.#space = managed(request);
    this.#numbers = new NumberMode(request.bigint, program.takesBigints);
    this.#memory = new Memory(Number(this.#space.size / request.chunkSize));
    this.trace = new TraceWriter(this.#space);
  }

  get #options(): GpuBuddyOptions {
    const { size, chunkSize, baseOffset, bigint } = this.#spaceRequest;
    const give = (value: bigint) => this.#numbers.give(value);
    return { size: give(size), chunkSize: give(chunkSize), baseOffset: give(baseOffset), bigint };
  }

  run(): void {
    const made = outcomeOf(() => this.#make(this.#options));
    const expected = isRefusedSpace(this.#spaceRequest) ? 'EINVAL' : undefined;
    if ('code' in made) {
      if (made.code !== expected) disagree(`there is no allocator: ${made.code}`);
      return;
    }

    this.#subject = made.value;
    this.#questions = new Questions(this.#subject, this.#memory, this.#space, this.#numbers, this.trace);
    try {
      if (expected) disagree(`an allocator is made instead of ${expected}`);
      this.#compareConstants();
      this.#compare();
      for (const step of this.#program.steps) {
        this.#step(step);
        this.#compare();
      }
      if (this.#program.disposeFirst) this.#disposeThenFree();
      else this.#freeThenDispose();
    } finally {
      for (const { list } of this.#lists.values()) list.free();
      this.#subject.dispose();
    }
  }

  #step(step: Step): void {
    switch (step.call) {
      case 'alloc':
        this.#alloc(toRequest(step, this.#memory, this.#space), step.throws);
        break;
      case 'resetClear':
        this.trace.resetClear(step.clear);
        this.#subject.resetClear(step.clear);
        this.#memory.reset(step.clear);
        break;
      case 'blockAt': {
        const address = toAddress(step.address, this.#memory, this.#space);
        this.trace.lookup(address);
        this.#compareBlockAt(address);
        break;
      }
      case 'print':
        this.trace.print();
        if (this.#subject.print() !== printed(this.#memory, this.#space))
          disagree(`print() says\n${this.#subject.print()}`);
        break;
      case 'findFree':
        this.#questions.findFree(step);
        break;
      case 'availIn':
        this.#questions.availIn(step.span);
        break;
      case 'free':
      case 'freeBlock':
      case 'sizeIn':
      case 'trim': {
        const key = pick([...this.#lists.keys()], step.list);
        const live = key === undefined ? undefined : this.#lists.get(key);
        if (key === undefined || !live) return;
        if (step.call === 'free') this.#free(key, live, step.cleared);
        else if (step.call === 'freeBlock') this.#freeBlock(key, live, step.index, step.cleared);
        else if (step.call === 'sizeIn') this.#sizeIn(key, live, step.span);
        else this.#trim(key, live, step);
        break;
      }
    }
  }

  #alloc(request: Request, throws: boolean): void {
    const size = this.#numbers.give(request.size);
    const options = optionsOf(request, this.#numbers);
    const outcome = outcomeOf(() =>
      throws ? this.#subject.allocBlocks(size, options) : this.#subject.tryAllocBlocks(size, options),
    );
    const code = codeOf(outcome);
    const list = 'value' in outcome ? outcome.value : null;

    if (isRefused(request, this.#space)) {
      this.trace.comment(`refused: allocBlocks(${describe(request)})`);
      if (code !== 'EINVAL') disagree(`${code ?? 'no error'} instead of EINVAL for ${describe(request)}`);
      return;
    }
    const offset = list?.at(0)?.offset;
    const id = this.trace.alloc(
      request,
      offset === undefined ? undefined : this.#numbers.take('the offset of a block', offset),
    );
    if (code !== undefined && (code !== 'ENOSPC' || !throws)) disagree(`${code} for ${describe(request)}`);
    if (code === undefined && list === null && throws) disagree('allocBlocks() gives null');

    const wanted = new ChunkRequest(request, this.#space);
    const expectation = new Policy(this.#memory, wanted).expectation();
    if (list === null) {
      if (!expectation.mayFail) disagree(`ENOSPC although there is space for ${describe(request)}`);
      this.#notice([], expectation);
      if ('error' in outcome) this.#compareShortage(request, outcome.error);
      return;
    }

    this.#lists.set(id, { list, id });
    const blocks = this.#read(list, request.tag);
    if (!expectation.maySucceed)
      disagree(`blocks ${showBlocks(blocks)} although there is no space for ${describe(request)}`);
    const broken = brokenPromise(this.#memory, wanted, blocks, expectation.mergesBelow > 0);
    if (broken !== undefined) disagree(`${broken}: ${describe(request)}`);
    if (expectation.lists.length > 0 && !expectation.lists.some((list) => sameBlocks(list, blocks)))
      disagree(
        `blocks ${showBlocks(blocks)} instead of ${expectation.lists.map(showBlocks).join(' or ')}: ${describe(request)}`,
      );
    this.#notice(blocks, expectation);
    this.#memory.take(id, blocks);
  }

  /** Compares what ENOSPC says with what is free now: nothing has changed since the call failed. */
  #compareShortage(request: Request, error: Error): void {
    if (!(error instanceof GpuBuddyError)) return disagree(`ENOSPC is a ${error.name}`);
    const numbers = this.#numbers;
    const { chunkSize } = this.#space;
    const bytes = (chunks: number) => BigInt(chunks) * chunkSize;
    const { reason } = error;
    const avail = bytes(this.#memory.free.size);
    const largestFree = bytes(this.#memory.largestFree());
    const expected: ShortageReason = request.size > avail ? 'full' : spanOf(request) ? 'range' : 'fragmented';
    if (
      reason !== expected ||
      numbers.take('requested', error.requested) !== request.size ||
      numbers.take("an error's avail", error.avail) !== avail ||
      numbers.take("an error's largestFree", error.largestFree) !== largestFree
    )
      disagree(
        `ENOSPC says ${reason}, ${error.requested} requested, ${error.avail} free, at most ${error.largestFree} ` +
          `instead of ${expected}, ${avail}, ${largestFree}: ${describe(request)}`,
      );
  }

  /** Clear memory that has become dirty since the kernel merged it. */
  #notice(taken: readonly OwnedBlock[], { mergesBelow }: Expectation): void {
    if (!mergesBelow) return;
    const { offsets, orders, states } = this.#subject.snapshot();
    const lost = this.#memory.clear.copy();
    for (const [index, offset] of offsets.entries()) {
      if (states[index] !== STATE_CLEAR) continue;
      const first = this.#toChunk(this.#numbers.take('an offset of the snapshot', offset));
      lost.remove({ first, end: first + 2 ** (orders[index] ?? 0) });
    }
    for (const block of taken) if (block.clear) lost.remove(rangeOf(block));
    const wrong = wronglyLost(this.#memory, lost, mergesBelow);
    if (wrong !== undefined) disagree(wrong);
    this.#memory.soil(lost);
  }

  #free(key: number, { list, id }: LiveList, cleared: boolean): void {
    this.trace.free(id, cleared);
    list.free({ cleared });
    if (!list.freed) disagree('a list is not freed');
    for (const property of ['length', 'isEmpty', 'size', 'offset'] as const)
      if (codeOf(outcomeOf(() => list[property])) !== 'ERR_GPU_BUDDY_FREED')
        disagree(`a freed list has a property ${property}`);
    list.free();
    this.#memory.give(this.#memory.lists.get(key) ?? [], cleared);
    this.#forget(key);
  }

  #forget(key: number): void {
    this.#memory.lists.delete(key);
    this.#lists.delete(key);
  }

  #freeBlock(key: number, { list, id }: LiveList, index: number, cleared: boolean): void {
    const blocks = this.#memory.lists.get(key) ?? [];
    const block = blocks[index];
    const outcome = outcomeOf(() => {
      list.freeBlock(index, { cleared });
    });
    if (!block) {
      this.trace.comment(`refused: freeBlock(${index}) of list ${id}`);
      if (codeOf(outcome) !== 'EINVAL') disagree(`no EINVAL for freeBlock(${index})`);
      return;
    }
    this.trace.freeBlock(id, index, cleared, block.clear);
    if ('code' in outcome) disagree(`${outcome.code} for freeBlock(${index})`);
    this.#memory.give([block], cleared);
    this.#memory.lists.set(
      key,
      blocks.filter((other) => other !== block),
    );
    this.#compareList(key, list);
  }

  #sizeIn(key: number, { list, id }: LiveList, span: SpanChoice): void {
    this.#questions.sizeIn(list, this.#memory.lists.get(key) ?? [], span, id);
  }

  #trim(key: number, { list, id }: LiveList, step: Extract<Step, { call: 'trim' }>): void {
    const blocks = this.#memory.lists.get(key) ?? [];
    const [block = { first: 0, count: 1, clear: false, tag: 0 }] = blocks;
    const { newSize, start } = toTrim(step, block, this.#space);
    const outcome = outcomeOf(() => {
      list.trim(
        this.#numbers.give(newSize),
        start === undefined ? undefined : { start: this.#numbers.give(start) },
      );
    });

    const { chunkSize, baseOffset } = this.#space;
    const blockStart = baseOffset + BigInt(block.first) * chunkSize;
    const blockEnd = blockStart + BigInt(block.count) * chunkSize;
    const from = start ?? blockStart;
    const isRefused =
      blocks.length !== 1 ||
      newSize === 0n ||
      newSize % chunkSize !== 0n ||
      from < blockStart ||
      (from - baseOffset) % chunkSize !== 0n ||
      from + newSize > blockEnd;
    if (isRefused) {
      this.trace.comment(`refused: trim(${newSize}, ${String(start)}) of list ${id}`);
      if (codeOf(outcome) !== 'EINVAL')
        disagree(`no EINVAL for trim(${newSize}, ${String(start)}) of ${showBlocks(blocks)}`);
      this.#compareList(key, list);
      return;
    }

    this.trace.trim(id, start, newSize);
    if ('code' in outcome) disagree(`${outcome.code} for trim(${newSize}, ${String(start)})`);
    const first = this.#toChunk(from);
    const kept = { first, end: first + Number(newSize / chunkSize) };
    const pieces = blocksOf(kept).map((piece) => ({ ...block, ...piece }));
    this.#memory.give([block], block.clear);
    this.#memory.take(key, pieces);
    this.#compareList(key, list);
  }

  /** The allocator's own view of a list. */
  #read(list: SubjectList, tag: number): OwnedBlock[] {
    const numbers = this.#numbers;
    const blocks = Array.from(list, (block, index) => {
      const { offset, order, size, isClear, tag } = block;
      const again = list.at(index - list.length);
      if (numbers.take('the size of a block', size) !== this.#blockSize(order))
        disagree(`a block of order ${order} has ${size} bytes`);
      if (again?.offset !== offset || again.order !== order)
        disagree(`at() and the iterator differ at ${index}`);
      const first = this.#toChunk(numbers.take('the offset of a block', offset));
      return { first, count: 2 ** order, clear: isClear, tag };
    });
    const sum = blocks.reduce((bytes, { count }) => bytes + this.#bytes(count), 0n);
    const size = numbers.take('the size of a list', list.size);
    if (list.length !== blocks.length || list.isEmpty !== (blocks.length === 0) || size !== sum)
      disagree(`a list of ${blocks.length} blocks, ${sum} bytes, says ${list.length}, ${size}`);
    if (list.tag !== tag || list.freed) disagree(`a list says tag ${list.tag}, freed ${String(list.freed)}`);
    this.#compareTable(
      'toArrays()',
      list.toArrays(),
      blocks.map((block) => ({ ...block, owned: true })),
    );
    this.#questions.compareList(list, blocks);
    return blocks;
  }

  #bytes(chunks: number): bigint {
    return BigInt(chunks) * this.#space.chunkSize;
  }

  #blockSize(order: number): bigint {
    return this.#space.chunkSize << BigInt(order);
  }

  #compareList(key: number, list: SubjectList): void {
    const expected = this.#memory.lists.get(key) ?? [];
    const seen = this.#read(list, list.tag);
    if (!sameBlocks(expected, seen))
      disagree(`the list has ${showBlocks(seen)} instead of ${showBlocks(expected)}`);
  }

  #toChunk(address: bigint): number {
    const relative = address - this.#space.baseOffset;
    if (relative % this.#space.chunkSize) disagree(`address ${address} is no multiple of the chunk size`);
    return Number(relative / this.#space.chunkSize);
  }

  #compareConstants(): void {
    const { baseOffset, chunkSize, size, maxOrder, disposed } = this.#subject;
    const { chunks } = this.#memory;
    if (
      this.#numbers.take('baseOffset', baseOffset) !== this.#space.baseOffset ||
      this.#numbers.take('chunkSize', chunkSize) !== this.#space.chunkSize ||
      this.#numbers.take('size', size) !== this.#space.size ||
      2 ** maxOrder !== powerOfTwoUpTo(chunks) ||
      disposed
    )
      disagree(`a space of ${size} bytes at ${baseOffset} in chunks of ${chunkSize}, maxOrder ${maxOrder}`);
  }

  /** Everything that can be seen of the allocator as a whole. */
  #compare(): void {
    this.#questions.compare();
    const expected = [
      ...this.#memory.freeBlocks().map((block) => ({ ...block, tag: 0, owned: false })),
      ...this.#memory.ownedBlocks().map((block) => ({ ...block, owned: true })),
    ].sort((a, b) => a.first - b.first);
    this.#compareTable('the snapshot', this.#subject.snapshot(), expected);
    this.#compareStats(expected);
  }

  #compareTable(
    what: string,
    { offsets, orders, states, tags }: BlockTable<Bytes>,
    expected: readonly (OwnedBlock & { readonly owned: boolean })[],
  ): void {
    if (!this.#numbers.isColumn(offsets)) disagree(`the offsets of ${what} are no array of the right type`);
    expected.forEach(({ first, count, clear, tag, owned }, index) => {
      const state = (owned ? STATE_ALLOCATED : 0) | (clear ? STATE_CLEAR : 0);
      if (
        !this.#numbers.is(offsets[index], this.#space.baseOffset + this.#bytes(first)) ||
        2 ** (orders[index] ?? 0) !== count ||
        states[index] !== state ||
        tags[index] !== tag
      )
        disagree(
          `${what} has order ${orders[index]}, state ${states[index]}, tag ${tags[index]} at ${offsets[index]} ` +
            `instead of ${count} chunks, state ${state}, tag ${tag} at chunk ${first}`,
        );
    });
    if (offsets.length !== expected.length)
      disagree(`${what} has ${offsets.length} blocks instead of ${expected.length}`);
  }

  #compareStats(blocks: readonly { readonly count: number; readonly owned: boolean }[]): void {
    const stats = this.#subject.stats();
    const { size, chunkSize, avail, clearAvail, maxOrder } = this.#subject;
    if (stats.kernelWarnings) disagree(`the kernel code has warned ${stats.kernelWarnings} times`);
    if (stats.size !== size || stats.chunkSize !== chunkSize) disagree('stats() is about another space');
    if (stats.avail !== avail || stats.clearAvail !== clearAvail || stats.orders.length !== maxOrder + 1)
      disagree('stats() has other numbers than avail and clearAvail');

    const free = new Map<number, number>();
    const used = new Map<number, number>();
    for (const { count, owned } of blocks) {
      const counts = owned ? used : free;
      counts.set(count, (counts.get(count) ?? 0) + 1);
    }
    for (const { order, blockSize, freeBlocks, usedBlocks } of stats.orders) {
      const count = 2 ** order;
      if (freeBlocks !== (free.get(count) ?? 0) || usedBlocks !== (used.get(count) ?? 0))
        disagree(`stats() has ${freeBlocks} free and ${usedBlocks} used blocks of order ${order}`);
      if (!this.#numbers.is(blockSize, this.#blockSize(order)))
        disagree(`stats() has blocks of order ${order} with ${typeof blockSize} ${blockSize} bytes`);
    }
  }

  #compareBlockAt(address: bigint): void {
    const { chunkSize, baseOffset, size } = this.#space;
    const outcome = outcomeOf(() => this.#subject.blockAt(this.#numbers.give(address)));
    if (address < baseOffset || address >= baseOffset + size) {
      if (codeOf(outcome) !== 'ENXIO') disagree(`no ENXIO for blockAt(${address})`);
      return;
    }
    if ('code' in outcome) return disagree(`${outcome.code} for blockAt(${address})`);
    const owner = this.#memory.ownerOf(Number((address - baseOffset) / chunkSize));
    const { value } = outcome;
    const same =
      value === null || owner === undefined ? value === null && !owner : this.#isBlock(value, owner);
    if (!same)
      disagree(`blockAt(${address}) finds order ${String(value?.order)} at ${String(value?.offset)}`);
  }

  #isBlock({ offset, order, size, isClear, tag }: BlockInfo<Bytes>, block: OwnedBlock): boolean {
    return (
      this.#numbers.take('the offset of a block', offset) ===
        this.#space.baseOffset + this.#bytes(block.first) &&
      2 ** order === block.count &&
      this.#numbers.take('the size of a block', size) === this.#bytes(block.count) &&
      isClear === block.clear &&
      tag === block.tag
    );
  }

  /** Everything goes back; then the largest root is there again in one piece. */
  #freeThenDispose(): void {
    for (const [key, live] of [...this.#lists]) {
      this.#free(key, live, key % 2 === 0);
      this.#compare();
    }
    this.trace.resetClear(false);
    this.#subject.resetClear(false);
    this.#memory.reset(false);
    this.#compare();

    const largest = this.#space.chunkSize << BigInt(this.#subject.maxOrder);
    this.#alloc(
      {
        size: largest,
        minBlockSize: largest,
        mode: 'simple',
        contiguous: true,
        clear: false,
        trimDisable: false,
        tag: 0,
      },
      true,
    );
    this.#compare();
    for (const [key, live] of [...this.#lists]) this.#free(key, live, false);
    this.trace.fini();
    this.#subject.dispose();
    this.#compareDisposed();
  }

  /** Lists outlive their allocator, and can do without it all that lists can do. */
  #disposeThenFree(): void {
    this.trace.comment('dispose(), before the lists are freed');
    this.#subject.dispose();
    this.#compareDisposed();
    for (const [key, live] of [...this.#lists]) {
      this.#compareList(key, live.list);
      this.#questions.sizeInAll(live.list, this.#memory.lists.get(key) ?? []);
      this.#trim(key, live, {
        call: 'trim',
        list: 0,
        size: key,
        start: { way: 2, number: key },
        spoil: { way: 0, number: 0 },
      });
      this.#freeBlock(key, live, 0, false);
      this.#free(key, live, true);
    }
    this.trace.fini();
  }

  #compareDisposed(): void {
    this.#subject.dispose();
    if (!this.#subject.disposed) disagree('an allocator is not disposed of');
    const baseOffset = this.#numbers.give(this.#space.baseOffset);
    const chunkSize = this.#numbers.give(this.#space.chunkSize);
    const all = this.#questions.all;
    const calls: readonly (() => unknown)[] = [
      () => this.#subject.avail,
      () => this.#subject.clearAvail,
      () => this.#subject.isEmpty,
      () => this.#subject.largestFree,
      () => this.#subject.fragmentation,
      () => this.#subject.freeSegments(),
      () => this.#subject.availIn(all),
      () => this.#subject.findFree(chunkSize),
      () => this.#subject.allocBlocks(chunkSize),
      () => this.#subject.tryAllocBlocks(chunkSize),
      () => this.#subject.blockAt(baseOffset),
      () => this.#subject.print(),
      () => this.#subject.snapshot(),
      () => this.#subject.stats(),
      () => {
        this.#subject.resetClear(true);
      },
    ];
    for (const call of calls) {
      if (codeOf(outcomeOf(call)) !== 'ERR_GPU_BUDDY_DISPOSED')
        disagree('an allocator answers after dispose()');
    }
  }
}

function sameBlocks(
  a: readonly (Pick<OwnedBlock, 'first' | 'count' | 'clear'> & { tag?: number })[],
  b: readonly OwnedBlock[],
): boolean {
  return (
    a.length === b.length &&
    a.every(({ first, count, clear, tag }, index) => {
      const other = b[index];
      return (
        other?.first === first &&
        other.count === count &&
        other.clear === clear &&
        (tag === undefined || other.tag === tag)
      );
    })
  );
}

/** As [first chunk+number of chunks], with a c where the block is clear. */
function showBlocks(blocks: readonly Pick<OwnedBlock, 'first' | 'count' | 'clear'>[]): string {
  return `[${blocks.map(({ first, count, clear }) => `${first}+${count}${clear ? 'c' : ''}`).join(' ')}]`;
}

function describe({ size, minBlockSize, mode, contiguous, clear, trimDisable }: Request): string {
  const where =
    typeof mode === 'string'
      ? mode
      : 'at' in mode
        ? `at ${mode.at}`
        : `range ${mode.range.start} to ${mode.range.end}`;
  const flags = Object.entries({ contiguous, clear, trimDisable }).filter(([, set]) => set);
  return [`size ${size}`, `minBlockSize ${minBlockSize}`, where, ...flags.map(([name]) => name)].join(', ');
}
