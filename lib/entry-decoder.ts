/** Reads the entries of a journal from the addon's cells: see native/buddy/journal.h. */
import type {
  JournalAccount,
  JournalAlloc,
  JournalBlock,
  JournalEntry,
  JournalEntryBase,
  JournalQuota,
  JournalStart,
} from './journal-entry';
import * as native from './native';
import type { Bytes } from './native';
import { FORMAT, toPlain, VERSION } from './saved-state';
import type { Space } from './space';

const { ENTRY } = native;

/** Reads entries one after the other. */
export class EntryDecoder<N extends Bytes> {
  readonly #space: Space<N>;
  #halves: Uint32Array = new Uint32Array();
  /** First cell of the entry. */
  #at = 0;
  #sequence = 0;

  constructor(space: Space<N>) {
    this.#space = space;
  }

  /** Yields each entry, and the number of cells read up to its end. */
  *decode(cells: native.EntryCells): Generator<readonly [entry: JournalEntry<N>, cells: number]> {
    this.#halves = cells.halves;
    this.#at = 0;
    this.#sequence = cells.sequence;
    if (cells.count === 0) return;
    if (this.#kind === ENTRY.start) {
      yield [this.#start(cells.count), cells.count];
      return;
    }
    while (this.#at < cells.count) {
      const entry = this.#entry();
      this.#sequence += entry.kind === 'gap' ? entry.missing : 1;
      this.#at += this.#length;
      yield [entry, this.#at];
    }
  }

  /** Reads a cell as a bigint, since 64 bits may not fit a number. */
  #cell(index: number): Bytes {
    const low = this.#halves[2 * (this.#at + index)] ?? 0;
    const high = this.#halves[2 * (this.#at + index) + 1] ?? 0;
    return high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  #argument(index: number): Bytes {
    return this.#cell(ENTRY.arguments + index);
  }

  #low(index: number): number {
    return this.#halves[2 * (this.#at + index)] ?? 0;
  }

  #high(index: number): number {
    return this.#halves[2 * (this.#at + index) + 1] ?? 0;
  }

  get #kind(): number {
    return this.#low(ENTRY.what) & 0xff;
  }

  get #length(): number {
    return this.#low(ENTRY.lengths);
  }

  get #bits(): number {
    return (this.#low(ENTRY.what) >> 16) & 0xff;
  }

  get #hasFlag(): boolean {
    return (this.#bits & ENTRY.flag) !== 0;
  }

  /** The number of the account in a label. */
  #account(argument: number): number {
    return this.#high(ENTRY.arguments + argument) >>> 21;
  }

  /** The tag in a label. */
  #tag(argument: number): number {
    const cell = ENTRY.arguments + argument;
    return (this.#high(cell) & (2 ** 21 - 1)) * 2 ** 32 + this.#low(cell);
  }

  #bytes(argument: number): N {
    return this.#space.bytes(this.#argument(argument));
  }

  /** Reads an address, which may lie outside of the space. */
  #address(argument: number): N {
    const relative = this.#argument(argument);
    const { base } = this.#space;
    return this.#space.bytes(base === 0 ? relative : BigInt(relative) + BigInt(base));
  }

  /** The chunk in the cell of a block or of a list. */
  #chunk(cell: number): number {
    return this.#high(cell) * 2 ** 24 + (this.#low(cell) >>> 8);
  }

  #list(argument: number): N {
    return this.#space.addressOf(this.#chunk(ENTRY.arguments + argument));
  }

  #limit(argument: number): N | null {
    const limit = this.#argument(argument);
    return limit === native.NO_LIMIT ? null : this.#space.bytes(limit);
  }

  #blocks(): JournalBlock<N>[] {
    const end = this.#length;
    const blocks: JournalBlock<N>[] = [];
    for (let cell = end - this.#high(ENTRY.lengths); cell < end; cell++) {
      const low = this.#low(cell);
      blocks.push({
        offset: this.#space.addressOf(this.#chunk(cell)),
        order: low & ENTRY.blockOrder,
        isClear: (low & ENTRY.blockClear) !== 0,
      });
    }
    return blocks;
  }

  #head(): JournalEntryBase<N> {
    const status = (this.#low(ENTRY.what) >> 8) & 0xff;
    return {
      sequence: this.#sequence,
      time: Number(this.#cell(ENTRY.time)),
      thread: this.#high(ENTRY.what),
      code: status === native.OK ? undefined : native.statuses[status]?.code,
      avail: this.#space.bytes(this.#cell(ENTRY.avail)),
      clearAvail: this.#space.bytes(this.#cell(ENTRY.clearAvail)),
    };
  }

  #entry(): Exclude<JournalEntry<N>, JournalStart<N>> {
    const head = this.#head();
    switch (this.#kind) {
      case ENTRY.alloc:
        return this.#alloc(head);
      case ENTRY.claim:
        return {
          kind: 'claim',
          ...head,
          tag: this.#tag(0),
          account: this.#account(0),
          isMarked: this.#hasFlag,
          blocks: this.#blocks(),
        };
      case ENTRY.extend:
        return { kind: 'extend', ...head, list: this.#list(0), size: this.#bytes(1), blocks: this.#blocks() };
      case ENTRY.free:
        return { kind: 'free', ...head, list: this.#list(0), cleared: this.#hasFlag };
      case ENTRY.undo:
        return { kind: 'undo', ...head, list: this.#list(0) };
      case ENTRY.freeBlock:
        return {
          kind: 'freeBlock',
          ...head,
          list: this.#list(0),
          index: Number(this.#argument(1)),
          cleared: this.#hasFlag,
          blocks: this.#blocks(),
        };
      case ENTRY.trim:
        return {
          kind: 'trim',
          ...head,
          list: this.#list(0),
          newSize: this.#bytes(1),
          start: this.#hasFlag ? this.#address(2) : undefined,
          blocks: this.#blocks(),
        };
      case ENTRY.append:
        return {
          kind: 'append',
          ...head,
          list: this.#argument(0) === native.NO_LIMIT ? undefined : this.#list(0),
          other: this.#list(1),
          tag: Number(this.#argument(2)),
        };
      case ENTRY.resetClear:
        return { kind: 'resetClear', ...head, isClear: this.#hasFlag };
      case ENTRY.openAccount:
        return { kind: 'openAccount', ...head, ...this.#quota() };
      case ENTRY.changeAccount:
        return { kind: 'updateAccount', ...head, ...this.#quota() };
      case ENTRY.closeAccount:
        return { kind: 'closeAccount', ...head, account: Number(this.#argument(0)) };
      case ENTRY.gap:
        return { kind: 'gap', ...head, missing: Number(this.#argument(0)) };
      default:
        return { kind: 'poisoned', ...head };
    }
  }

  #alloc(head: JournalEntryBase<N>): JournalAlloc<N> {
    const flags = this.#bits;
    return {
      kind: 'alloc',
      ...head,
      size: this.#bytes(0),
      minBlockSize: this.#bytes(1),
      range:
        (flags & native.FLAG_RANGE) === 0 ? undefined : { start: this.#address(3), end: this.#address(4) },
      topDown: (flags & native.FLAG_TOPDOWN) !== 0,
      contiguous: (flags & native.FLAG_CONTIGUOUS) !== 0,
      clear: (flags & native.FLAG_CLEAR) !== 0,
      trimDisable: (flags & native.FLAG_TRIM_DISABLE) !== 0,
      tag: this.#tag(2),
      account: this.#account(2),
      blocks: this.#blocks(),
    };
  }

  #quota(): Pick<JournalQuota<N>, 'account' | 'limit' | 'reserved'> {
    return { account: Number(this.#argument(0)), limit: this.#limit(1), reserved: this.#bytes(2) };
  }

  /** Reads the entries of the starting state. */
  #start(count: number): JournalStart<N> {
    const [maxSteps, maxNativeBytes, startedAt] = [0, 1, 2].map((index) => Number(this.#argument(index)));
    const accounts: JournalAccount<N>[] = [];
    const listAccounts: number[] = [];
    const tags: number[] = [];
    const counts: number[] = [];
    const blocks = { offsets: [] as number[], orders: [] as number[], clear: [] as number[] };
    const free = { offsets: [] as number[], orders: [] as number[] };
    for (this.#at += this.#length; this.#at < count; this.#at += this.#length) {
      if (this.#kind === ENTRY.account) {
        accounts.push({ ...this.#quota(), isOpen: this.#argument(3) !== 0 });
      } else if (this.#kind === ENTRY.list) {
        tags.push(this.#tag(0));
        listAccounts.push(this.#account(0));
        counts.push(this.#high(ENTRY.lengths));
        for (let cell = this.#length - this.#high(ENTRY.lengths); cell < this.#length; cell++) {
          blocks.offsets.push(this.#chunk(cell));
          blocks.orders.push(this.#low(cell) & ENTRY.blockOrder);
          blocks.clear.push((this.#low(cell) & ENTRY.blockClear) === 0 ? 0 : 1);
        }
      } else {
        free.offsets.push(this.#chunk(ENTRY.arguments));
        free.orders.push(this.#low(ENTRY.arguments) & ENTRY.blockOrder);
      }
    }
    const { size, chunkSize, baseOffset } = this.#space;
    return {
      kind: 'start',
      kernelVersion: native.kernelVersion,
      startedAt: startedAt ?? 0,
      maxSteps: maxSteps ?? 0,
      maxNativeBytes: maxNativeBytes ?? 0,
      state: {
        format: FORMAT,
        version: VERSION,
        kernel: native.kernelVersion,
        size: toPlain(size),
        chunkSize: toPlain(chunkSize),
        baseOffset: toPlain(baseOffset),
        lists: { tags, counts },
        blocks,
        free,
      },
      accounts,
      listAccounts,
    };
  }
}
