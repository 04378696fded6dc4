/** What is put to the test: the public surface of an allocator and of its lists. */
import type {
  AddressRange,
  AllocOptions,
  BlockInfo,
  BlockTable,
  Bytes,
  FreeOptions,
  GpuBuddy,
  GpuBuddyOptions,
  Segment,
  TrimOptions,
} from 'gpu-buddy';

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
  allocBlocks(size: Bytes, options?: AllocOptions): SubjectList;
  tryAllocBlocks(size: Bytes, options?: AllocOptions): SubjectList | null;
}

export type MakeSubject = (options: GpuBuddyOptions) => Subject;
