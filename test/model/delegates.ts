/** A subject that hands everything on to the library: what a wrong one is made of by changing one thing. */
import type {
  AddressRange,
  AllocatedBlocks,
  AllocOptions,
  BlockInfo,
  BlockTable,
  Bytes,
  FindFreeOptions,
  FreeOptions,
  GpuBuddy,
  Segment,
  TrimOptions,
} from 'gpu-buddy';
import type { Subject, SubjectList } from './subject';

export class DelegateList implements SubjectList {
  constructor(readonly real: AllocatedBlocks<Bytes>) {}

  get length(): number {
    return this.real.length;
  }

  get isEmpty(): boolean {
    return this.real.isEmpty;
  }

  get size(): Bytes {
    return this.real.size;
  }

  get offset(): Bytes | undefined {
    return this.real.offset;
  }

  get tag(): number {
    return this.real.tag;
  }

  get freed(): boolean {
    return this.real.freed;
  }

  /** A block as it is shown. */
  show({ offset, order, size, isClear, tag }: BlockInfo<Bytes>): BlockInfo<Bytes> {
    return { offset, order, size, isClear, tag };
  }

  at(index: number): BlockInfo<Bytes> | undefined {
    const block = this.real.at(index);
    return block && this.show(block);
  }

  *[Symbol.iterator](): Iterator<BlockInfo<Bytes>> {
    for (const block of this.real) yield this.show(block);
  }

  sizeIn(range: AddressRange): Bytes {
    return this.real.sizeIn(range);
  }

  segments(): Segment<Bytes>[] {
    return this.real.segments();
  }

  toArrays(): BlockTable<Bytes> {
    return this.real.toArrays();
  }

  trim(newSize: Bytes, options?: TrimOptions): void {
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
  constructor(readonly real: GpuBuddy<Bytes>) {}

  get avail(): Bytes {
    return this.real.avail;
  }

  get clearAvail(): Bytes {
    return this.real.clearAvail;
  }

  get largestFree(): Bytes {
    return this.real.largestFree;
  }

  get fragmentation(): number {
    return this.real.fragmentation;
  }

  get isEmpty(): boolean {
    return this.real.isEmpty;
  }

  get baseOffset(): Bytes {
    return this.real.baseOffset;
  }

  get chunkSize(): Bytes {
    return this.real.chunkSize;
  }

  get size(): Bytes {
    return this.real.size;
  }

  get maxOrder(): number {
    return this.real.maxOrder;
  }

  get disposed(): boolean {
    return this.real.disposed;
  }

  /** A list as it is shown. */
  show(list: AllocatedBlocks<Bytes>): SubjectList {
    return new DelegateList(list);
  }

  /** The arguments of an allocation as they are handed on. */
  hear(size: bigint, options: AllocOptions): [Bytes, AllocOptions] {
    return [size, options];
  }

  allocBlocks(size: Bytes, options: AllocOptions = {}): SubjectList {
    return this.show(this.real.allocBlocks(...this.hear(BigInt(size), options)));
  }

  tryAllocBlocks(size: Bytes, options: AllocOptions = {}): SubjectList | null {
    const list = this.real.tryAllocBlocks(...this.hear(BigInt(size), options));
    return list && this.show(list);
  }

  findFree(size: Bytes, options?: FindFreeOptions): Bytes | null {
    return this.real.findFree(size, options);
  }

  availIn(range: AddressRange): Bytes {
    return this.real.availIn(range);
  }

  freeSegments(): Segment<Bytes>[] {
    return this.real.freeSegments();
  }

  blockAt(address: Bytes): BlockInfo<Bytes> | null {
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
