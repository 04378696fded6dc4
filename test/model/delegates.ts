/** A subject that hands everything on to the library: what a wrong one is made of by changing one thing. */
import type { AllocatedBlocks, AllocOptions, BlockInfo, FreeOptions, GpuBuddy, TrimOptions } from 'gpu-buddy';
import type { Subject, SubjectList } from './subject';

export class DelegateList implements SubjectList {
  constructor(readonly real: AllocatedBlocks) {}

  get length(): number {
    return this.real.length;
  }

  get isEmpty(): boolean {
    return this.real.isEmpty;
  }

  get size(): bigint {
    return this.real.size;
  }

  get tag(): number {
    return this.real.tag;
  }

  get freed(): boolean {
    return this.real.freed;
  }

  /** A block as it is shown. */
  show({ offset, order, size, isClear, tag }: BlockInfo): BlockInfo {
    return { offset, order, size, isClear, tag };
  }

  at(index: number): BlockInfo | undefined {
    const block = this.real.at(index);
    return block && this.show(block);
  }

  *[Symbol.iterator](): Iterator<BlockInfo> {
    for (const block of this.real) yield this.show(block);
  }

  trim(newSize: number | bigint, options?: TrimOptions): void {
    this.real.trim(newSize, options);
  }

  freeBlock(index: number, options?: FreeOptions): void {
    this.real.freeBlock(index, options);
  }

  free(options?: FreeOptions): void {
    this.real.free(options);
  }
}

export class Delegate implements Subject {
  constructor(readonly real: GpuBuddy) {}

  get avail(): bigint {
    return this.real.avail;
  }

  get clearAvail(): bigint {
    return this.real.clearAvail;
  }

  get baseOffset(): bigint {
    return this.real.baseOffset;
  }

  get chunkSize(): bigint {
    return this.real.chunkSize;
  }

  get size(): bigint {
    return this.real.size;
  }

  get maxOrder(): number {
    return this.real.maxOrder;
  }

  get disposed(): boolean {
    return this.real.disposed;
  }

  /** A list as it is shown. */
  show(list: AllocatedBlocks): SubjectList {
    return new DelegateList(list);
  }

  /** The arguments of an allocation as they are handed on. */
  hear(size: bigint, options: AllocOptions): [bigint, AllocOptions] {
    return [size, options];
  }

  allocBlocks(size: number | bigint, options: AllocOptions = {}): SubjectList {
    return this.show(this.real.allocBlocks(...this.hear(BigInt(size), options)));
  }

  tryAllocBlocks(size: number | bigint, options: AllocOptions = {}): SubjectList | null {
    const list = this.real.tryAllocBlocks(...this.hear(BigInt(size), options));
    return list && this.show(list);
  }

  blockAt(address: number | bigint): BlockInfo | null {
    return this.real.blockAt(address);
  }

  resetClear(isClear: boolean): void {
    this.real.resetClear(isClear);
  }

  stats(): ReturnType<Subject['stats']> {
    return this.real.stats();
  }

  snapshot(): ReturnType<Subject['snapshot']> {
    return this.real.snapshot();
  }

  print(): string {
    return this.real.print();
  }

  dispose(): void {
    this.real.dispose();
  }
}
