/** Declares what is tested: the public surface of an allocator and of its lists. */
import type {
  Account,
  AccountOptions,
  AccountToken,
  AddressRange,
  AllocOptions,
  BlockInfo,
  BlockPlace,
  BlockTable,
  Bytes,
  ClaimOptions,
  FreeOptions,
  GpuBuddy,
  GpuBuddyOptions,
  Segment,
  TrimOptions,
} from 'gpu-buddy';

export type SubjectAccount = Pick<
  Account<Bytes>,
  'dispose' | 'disposed' | 'limit' | 'reserved' | 'share' | 'update' | 'used'
>;

/** The options of an allocation or a claim, with the account of a subject. */
export type Charged<Options> = Omit<Options, 'account'> & { readonly account?: SubjectAccount | undefined };

export interface SubjectList extends Iterable<BlockInfo<Bytes>> {
  readonly length: number;
  readonly isEmpty: boolean;
  readonly size: Bytes;
  readonly offset: Bytes | undefined;
  readonly tag: number;
  readonly freed: boolean;
  at(index: number): BlockInfo<Bytes> | undefined;
  sizeIn(range: AddressRange): Bytes;
  segments(): Segment<Bytes>[];
  toArrays(): BlockTable<Bytes>;
  trim(newSize: Bytes, options?: TrimOptions): void;
  tryExtend(size: Bytes): boolean;
  append(other: SubjectList): void;
  freeBlock(index: number, options?: FreeOptions): void;
  free(options?: FreeOptions): void;
}

export interface Subject extends Pick<
  GpuBuddy<Bytes>,
  | 'avail'
  | 'availIn'
  | 'baseOffset'
  | 'blockAt'
  | 'chunkSize'
  | 'clearAvail'
  | 'dispose'
  | 'disposed'
  | 'epoch'
  | 'findFree'
  | 'fragmentation'
  | 'freeSegments'
  | 'isEmpty'
  | 'largestFree'
  | 'maxOrder'
  | 'print'
  | 'resetClear'
  | 'size'
  | 'snapshot'
  | 'stats'
> {
  allocBlocks(size: Bytes, options?: Charged<AllocOptions>): SubjectList;
  tryAllocBlocks(size: Bytes, options?: Charged<AllocOptions>): SubjectList | null;
  claim(blocks: Iterable<BlockPlace>, options?: Charged<ClaimOptions>): SubjectList;
  account(options?: AccountOptions): SubjectAccount;
  openAccount(token: AccountToken): SubjectAccount;
}

export type MakeSubject = (options: GpuBuddyOptions) => Subject;
