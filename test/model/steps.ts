/** The steps of a program, one after the other, and after each a comparison of everything that can be seen. */
import { AccountSteps } from './account-steps';
import { AllocStep } from './alloc-step';
import { toAddress, toRequest } from './choices';
import { powerOfTwoUpTo } from './chunk-set';
import { codeOf, disagree, outcomeOf } from './disagreement';
import { ListSteps } from './list-steps';
import { printed } from './printed';
import type { Program, Step } from './program';
import type { Scene } from './scene';

export class Steps {
  readonly #scene: Scene;
  readonly #accounts: AccountSteps;
  readonly #lists: ListSteps;
  readonly #allocations: AllocStep;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#accounts = new AccountSteps(scene);
    this.#lists = new ListSteps(scene, this.#accounts);
    this.#allocations = new AllocStep(scene, this.#lists);
  }

  /** @param refused the code of the error that there should have been instead of an allocator */
  run({ steps, disposeFirst }: Program, refused: string | undefined): void {
    const { subject } = this.#scene;
    try {
      if (refused !== undefined) disagree(`an allocator is made instead of ${refused}`);
      this.#compareConstants();
      this.#compare();
      for (const step of steps) {
        const { epoch } = subject;
        const isMore = this.#step(step);
        if (subject.epoch > epoch !== isMore || subject.epoch < epoch)
          disagree(`the epoch goes from ${epoch} to ${subject.epoch} by ${step.call}`);
        this.#compare();
      }
      if (disposeFirst) this.#disposeThenFree();
      else this.#freeThenDispose();
    } finally {
      for (const { list } of this.#lists.all) list.free();
      this.#accounts.disposeAll();
      subject.dispose();
    }
  }

  /** Returns whether memory has become free, or accounts have been eased: then the epoch rises. */
  #step(step: Step): boolean {
    const { subject, memory, space, questions, trace } = this.#scene;
    switch (step.call) {
      case 'alloc':
        this.#allocations.alloc(
          toRequest(step, memory, space),
          step.throws,
          this.#accounts.chosen(step.account),
        );
        return false;
      case 'claim':
        this.#lists.claim(step);
        return false;
      case 'resetClear':
        trace.resetClear(step.clear);
        subject.resetClear(step.clear);
        memory.reset(step.clear);
        return false;
      case 'blockAt': {
        const address = toAddress(step.address, memory, space);
        trace.lookup(address);
        this.#compareBlockAt(address);
        return false;
      }
      case 'print':
        trace.print();
        if (subject.print() !== printed(memory, space)) disagree(`print() says\n${subject.print()}`);
        return false;
      case 'findFree':
        questions.findFree(step);
        return false;
      case 'availIn':
        questions.availIn(step.span);
        return false;
      case 'account':
      case 'updateAccount':
      case 'reopenAccount':
      case 'disposeAccount':
        return this.#accounts.step(step);
      case 'append':
      case 'extend':
      case 'free':
      case 'freeBlock':
      case 'sizeIn':
      case 'trim':
        return this.#lists.step(step);
    }
  }

  #compareConstants(): void {
    const { numbers, space, memory } = this.#scene;
    const { baseOffset, chunkSize, size, maxOrder, disposed } = this.#scene.subject;
    if (
      numbers.take('baseOffset', baseOffset) !== space.baseOffset ||
      numbers.take('chunkSize', chunkSize) !== space.chunkSize ||
      numbers.take('size', size) !== space.size ||
      2 ** maxOrder !== powerOfTwoUpTo(memory.chunks) ||
      disposed
    )
      disagree(`a space of ${size} bytes at ${baseOffset} in chunks of ${chunkSize}, maxOrder ${maxOrder}`);
  }

  /** Compares everything that can be seen of the allocator as a whole, and of its accounts. */
  #compare(): void {
    const { subject, memory, questions, reader } = this.#scene;
    questions.compare();
    this.#accounts.compare();
    const expected = [
      ...memory.freeBlocks().map((block) => ({ ...block, tag: 0, owned: false })),
      ...memory.ownedBlocks().map((block) => ({ ...block, owned: true })),
    ].sort((a, b) => a.first - b.first);
    reader.compareTable('the snapshot', subject.snapshot(), expected);
    this.#compareStats(expected);
  }

  #compareStats(blocks: readonly { readonly count: number; readonly owned: boolean }[]): void {
    const { subject, books, numbers, reader } = this.#scene;
    const stats = subject.stats();
    const { size, chunkSize, avail, clearAvail, maxOrder } = subject;
    if (stats.kernelWarnings) disagree(`the kernel code has warned ${stats.kernelWarnings} times`);
    if (stats.size !== size || stats.chunkSize !== chunkSize) disagree('stats() is about another space');
    if (stats.avail !== avail || stats.clearAvail !== clearAvail || stats.orders.length !== maxOrder + 1)
      disagree('stats() has other numbers than avail and clearAvail');
    const promised = books.promised();
    if (numbers.take('reserved', stats.reserved) !== promised)
      disagree(`stats() has ${stats.reserved} bytes reserved instead of ${promised}`);

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
      if (!numbers.is(blockSize, reader.blockSize(order)))
        disagree(`stats() has blocks of order ${order} with ${typeof blockSize} ${blockSize} bytes`);
    }
  }

  #compareBlockAt(address: bigint): void {
    const { subject, memory, numbers, reader, space } = this.#scene;
    const { chunkSize, baseOffset, size } = space;
    const outcome = outcomeOf(() => subject.blockAt(numbers.give(address)));
    if (address < baseOffset || address >= baseOffset + size) {
      if (codeOf(outcome) !== 'ENXIO') disagree(`no ENXIO for blockAt(${address})`);
      return;
    }
    if ('code' in outcome) return disagree(`${outcome.code} for blockAt(${address})`);
    const owner = memory.ownerOf(Number((address - baseOffset) / chunkSize));
    const { value } = outcome;
    const same =
      value === null || owner === undefined ? value === null && !owner : reader.isBlock(value, owner);
    if (!same)
      disagree(`blockAt(${address}) finds order ${String(value?.order)} at ${String(value?.offset)}`);
  }

  /** Everything goes back; then the largest root is there again in one piece. */
  #freeThenDispose(): void {
    const { subject, memory, space, trace } = this.#scene;
    for (const live of this.#lists.all) {
      this.#lists.free(live, live.id % 2 === 0);
      this.#compare();
    }
    this.#accounts.disposeAll();
    trace.resetClear(false);
    subject.resetClear(false);
    memory.reset(false);
    this.#compare();

    const largest = space.chunkSize << BigInt(subject.maxOrder);
    this.#allocations.alloc(
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
    for (const live of this.#lists.all) this.#lists.free(live, false);
    trace.fini();
    subject.dispose();
    this.#compareDisposed();
  }

  /** Lists and accounts outlive their allocator, and can do without it all that they can do. */
  #disposeThenFree(): void {
    const { subject, memory, questions, trace } = this.#scene;
    trace.comment('dispose(), before the lists are freed');
    subject.dispose();
    this.#compareDisposed();
    for (const live of this.#lists.all) {
      this.#lists.compare(live);
      questions.sizeInAll(live.list, memory.lists.get(live.id) ?? []);
      this.#lists.trim(live, {
        call: 'trim',
        list: 0,
        size: live.id,
        start: { way: 2, number: live.id },
        spoil: { way: 0, number: 0 },
      });
      this.#lists.freeBlock(live, 0, false);
      this.#accounts.compare();
      this.#lists.free(live, true);
      this.#accounts.compare();
    }
    trace.fini();
  }

  #compareDisposed(): void {
    const { subject, numbers, space, questions } = this.#scene;
    subject.dispose();
    if (!subject.disposed) disagree('an allocator is not disposed of');
    const baseOffset = numbers.give(space.baseOffset);
    const chunkSize = numbers.give(space.chunkSize);
    const calls: readonly (() => unknown)[] = [
      () => subject.avail,
      () => subject.clearAvail,
      () => subject.isEmpty,
      () => subject.largestFree,
      () => subject.fragmentation,
      () => subject.epoch,
      () => subject.freeSegments(),
      () => subject.availIn(questions.all),
      () => subject.findFree(chunkSize),
      () => subject.allocBlocks(chunkSize),
      () => subject.tryAllocBlocks(chunkSize),
      () => subject.claim([{ offset: baseOffset, order: 0 }]),
      () => subject.account(),
      () => subject.blockAt(baseOffset),
      () => subject.print(),
      () => subject.snapshot(),
      () => subject.stats(),
      () => {
        subject.resetClear(true);
      },
    ];
    for (const call of calls) {
      if (codeOf(outcomeOf(call)) !== 'ERR_GPU_BUDDY_DISPOSED')
        disagree('an allocator answers after dispose()');
    }
  }
}
