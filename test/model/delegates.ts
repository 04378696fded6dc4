/** A subject that hands everything on to the library: what a wrong one is made of by changing one thing. */
import type {
  Account,
  AccountOptions,
  AccountQuota,
  AccountToken,
  AddressRange,
  AllocatedBlocks,
  AllocOptions,
  BlockInfo,
  BlockPlace,
  BlockTable,
  Bytes,
  ClaimOptions,
  FindFreeOptions,
  FreeOptions,
  GpuBuddy,
  Segment,
  TrimOptions,
} from 'gpu-buddy';
import type { Charged, Subject, SubjectAccount, SubjectList } from './subject';

export class DelegateAccount implements SubjectAccount {
  constructor(readonly real: Account<Bytes>) {}

  get used(): Bytes {
    return this.real.used;
  }

  get limit(): Bytes | null {
    return this.real.limit;
  }

  get reserved(): Bytes {
    return this.real.reserved;
  }

  get disposed(): boolean {
    return this.real.disposed;
  }

  update(quota: AccountQuota): void {
    this.real.update(quota);
  }

  share(): AccountToken {
    return this.real.share();
  }

  dispose(): void {
    this.real.dispose();
  }
}

/** The list that is behind a subject's, whose class the caller has chosen. */
function realOf(list: SubjectList): AllocatedBlocks<Bytes> {
  if (list instanceof DelegateList) return list.real;
  throw new Error('The list is no delegate.');
}

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

  tryExtend(size: Bytes): boolean {
    return this.real.tryExtend(size);
  }

  append(other: SubjectList): void {
    this.real.append(realOf(other));
  }

  freeBlock(index: number, options?: FreeOptions): void {
    this.real.freeBlock(index, options);
  }

  free(options?: FreeOptions): void {
    this.real.free(options);
  }
}

/** The options with the account that is behind the subject's. */
export function charging<Options>({ account, ...options }: Charged<Options>) {
  return { ...options, account: (account as DelegateAccount | undefined)?.real };
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

  get epoch(): number {
    return this.real.epoch;
  }

  /** A list as it is shown. */
  show(list: AllocatedBlocks<Bytes>): SubjectList {
    return new DelegateList(list);
  }

  /** An account as it is shown. */
  showAccount(account: Account<Bytes>): SubjectAccount {
    return new DelegateAccount(account);
  }

  /** The arguments of an allocation as they are handed on. */
  hear(size: bigint, options: AllocOptions): [Bytes, AllocOptions] {
    return [size, options];
  }

  allocBlocks(size: Bytes, options: Charged<AllocOptions> = {}): SubjectList {
    return this.show(this.real.allocBlocks(...this.hear(BigInt(size), charging(options))));
  }

  tryAllocBlocks(size: Bytes, options: Charged<AllocOptions> = {}): SubjectList | null {
    const list = this.real.tryAllocBlocks(...this.hear(BigInt(size), charging(options)));
    return list && this.show(list);
  }

  claim(blocks: Iterable<BlockPlace>, options: Charged<ClaimOptions> = {}): SubjectList {
    return this.show(this.real.claim(blocks, charging(options)));
  }

  account(options?: AccountOptions): SubjectAccount {
    return this.showAccount(this.real.account(options));
  }

  openAccount(token: AccountToken): SubjectAccount {
    return this.showAccount(this.real.openAccount(token));
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
