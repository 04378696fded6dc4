/** Reads lists and tables of the allocator as chunks, and compares them with the model's. */
import { STATE_ALLOCATED, STATE_CLEAR, type BlockInfo, type BlockTable, type Bytes } from 'gpu-buddy';
import { disagree } from './disagreement';
import type { OwnedBlock } from './memory';
import type { NumberMode } from './number-mode';
import type { Questions } from './questions';
import type { Space } from './space';
import type { SubjectList } from './subject';

export class Reader {
  readonly #space: Space;
  readonly #numbers: NumberMode;
  readonly #questions: Questions;

  constructor(space: Space, numbers: NumberMode, questions: Questions) {
    this.#space = space;
    this.#numbers = numbers;
    this.#questions = questions;
  }

  bytes(chunks: number): bigint {
    return BigInt(chunks) * this.#space.chunkSize;
  }

  blockSize(order: number): bigint {
    return this.#space.chunkSize << BigInt(order);
  }

  toChunk(address: bigint): number {
    const relative = address - this.#space.baseOffset;
    if (relative % this.#space.chunkSize) disagree(`address ${address} is no multiple of the chunk size`);
    return Number(relative / this.#space.chunkSize);
  }

  /** The allocator's own view of a list. @param account whose blocks they are, which lists do not tell */
  read(list: SubjectList, tag: number, account: number | undefined): OwnedBlock[] {
    const numbers = this.#numbers;
    const blocks = Array.from(list, (block, index) => {
      const { offset, order, size, isClear, tag } = block;
      const again = list.at(index - list.length);
      if (numbers.take('the size of a block', size) !== this.blockSize(order))
        disagree(`a block of order ${order} has ${size} bytes`);
      if (again?.offset !== offset || again.order !== order)
        disagree(`at() and the iterator differ at ${index}`);
      const first = this.toChunk(numbers.take('the offset of a block', offset));
      return { first, count: 2 ** order, clear: isClear, tag, account };
    });
    const sum = blocks.reduce((bytes, { count }) => bytes + this.bytes(count), 0n);
    const size = numbers.take('the size of a list', list.size);
    if (list.length !== blocks.length || list.isEmpty !== (blocks.length === 0) || size !== sum)
      disagree(`a list of ${blocks.length} blocks, ${sum} bytes, says ${list.length}, ${size}`);
    if (list.tag !== tag || list.freed) disagree(`a list says tag ${list.tag}, freed ${String(list.freed)}`);
    this.compareTable(
      'toArrays()',
      list.toArrays(),
      blocks.map((block) => ({ ...block, owned: true })),
    );
    this.#questions.compareList(list, blocks);
    return blocks;
  }

  compareList(list: SubjectList, tag: number, expected: readonly OwnedBlock[]): void {
    const seen = this.read(list, tag, undefined);
    if (!sameBlocks(expected, seen))
      disagree(`the list has ${showBlocks(seen)} instead of ${showBlocks(expected)}`);
  }

  compareTable(
    what: string,
    { offsets, orders, states, tags }: BlockTable<Bytes>,
    expected: readonly (OwnedBlock & { readonly owned: boolean })[],
  ): void {
    if (!this.#numbers.isColumn(offsets)) disagree(`the offsets of ${what} are no array of the right type`);
    expected.forEach(({ first, count, clear, tag, owned }, index) => {
      const state = (owned ? STATE_ALLOCATED : 0) | (clear ? STATE_CLEAR : 0);
      if (
        !this.#numbers.is(offsets[index], this.#space.baseOffset + this.bytes(first)) ||
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

  isBlock({ offset, order, size, isClear, tag }: BlockInfo<Bytes>, block: OwnedBlock): boolean {
    return (
      this.#numbers.take('the offset of a block', offset) ===
        this.#space.baseOffset + this.bytes(block.first) &&
      2 ** order === block.count &&
      this.#numbers.take('the size of a block', size) === this.bytes(block.count) &&
      isClear === block.clear &&
      tag === block.tag
    );
  }
}

export function sameBlocks(
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

/** Writes a block as [first chunk+number of chunks], with a c if it is clear. */
export function showBlocks(blocks: readonly Pick<OwnedBlock, 'first' | 'count' | 'clear'>[]): string {
  return `[${blocks.map(({ first, count, clear }) => `${first}+${count}${clear ? 'c' : ''}`).join(' ')}]`;
}
