/** What is put to the test: the public surface of an allocator and of its lists. */
import type { AllocOptions, BlockInfo, FreeOptions, GpuBuddy, GpuBuddyOptions, TrimOptions } from 'gpu-buddy';

export interface SubjectList extends Iterable<BlockInfo> {
  readonly length: number;
  readonly isEmpty: boolean;
  readonly size: bigint;
  readonly tag: number;
  readonly freed: boolean;
  at(index: number): BlockInfo | undefined;
  trim(newSize: number | bigint, options?: TrimOptions): void;
  freeBlock(index: number, options?: FreeOptions): void;
  free(options?: FreeOptions): void;
}

export interface Subject extends Pick<
  GpuBuddy,
  | 'avail'
  | 'baseOffset'
  | 'blockAt'
  | 'chunkSize'
  | 'clearAvail'
  | 'dispose'
  | 'disposed'
  | 'maxOrder'
  | 'print'
  | 'resetClear'
  | 'size'
  | 'snapshot'
  | 'stats'
> {
  allocBlocks(size: number | bigint, options?: AllocOptions): SubjectList;
  tryAllocBlocks(size: number | bigint, options?: AllocOptions): SubjectList | null;
}

export type MakeSubject = (options: GpuBuddyOptions) => Subject;
